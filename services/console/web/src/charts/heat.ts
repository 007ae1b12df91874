// Rows over columns: how much, by how dark.
import type { EChartsCoreOption } from "echarts/core";
import { tooltip, type Colours } from "./colours";
import type { Numbers } from "./table";
import { shown } from "./units";

type Point = { value: [hour: number, day: number, calls: number] };

export function heat(numbers: Numbers, page: Colours): EChartsCoreOption {
  const cells = numbers.series.flatMap((one, x) => one.values.map((value, y) => [x, y, value ?? 0]));
  const most = Math.max(1, ...cells.map(([, , value]) => value));
  const axis = { type: "category", axisLabel: { color: page.quiet }, axisLine: { lineStyle: { color: page.line } } };
  const hours = numbers.series.map((one) => one.name);
  return {
    animation: false,
    tooltip: {
      ...tooltip(page),
      formatter: ({ value: [x, y, calls] }: Point) => `${numbers.names[y]} ${hours[x]}:00  ${shown("whole", calls)}`,
    },
    grid: { left: 12, right: 12, top: 8, bottom: 48, containLabel: true },
    xAxis: { ...axis, data: hours },
    yAxis: { ...axis, data: numbers.names, inverse: true },
    visualMap: {
      min: 0,
      max: most,
      orient: "horizontal",
      left: "center",
      bottom: 0,
      text: [shown("whole", most), "0"],
      inRange: { color: [page.shade, page.accent] },
      textStyle: { color: page.quiet },
    },
    series: [{ type: "heatmap", data: cells }],
  };
}
