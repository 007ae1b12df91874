// Columns and lines over the rows of a table; what has another unit has an axis of its own on the right.
import type { EChartsCoreOption } from "echarts/core";
import { palette, tooltip, type Colours } from "./colours";
import type { Numbers, Series } from "./table";
import { shown } from "./units";

export function bars(numbers: Numbers, page: Colours): EChartsCoreOption {
  const kinds = [...new Set(numbers.series.map((one) => one.kind))];
  const axes = kinds.map((kind, place) => ({
    type: "value",
    position: place ? "right" : "left",
    max: kind === "share" ? 1 : undefined,
    axisLabel: { color: page.quiet, formatter: (value: number) => shown(kind, value) },
    splitLine: { show: !place, lineStyle: { color: page.line } },
  }));
  return {
    color: palette(page),
    animation: false,
    tooltip: { ...tooltip(page), trigger: "axis" },
    legend: { show: numbers.series.length > 1, top: 4, textStyle: { color: page.ink }, inactiveColor: page.quiet },
    grid: { left: 12, right: 12, top: numbers.series.length > 1 ? 36 : 16, bottom: 8, containLabel: true },
    xAxis: {
      type: "category",
      data: numbers.names,
      axisLine: { lineStyle: { color: page.line } },
      axisLabel: { color: page.quiet, hideOverlap: true, ...few(numbers.names.length) },
    },
    yAxis: axes,
    series: numbers.series.map((one) => drawn(one, kinds.indexOf(one.kind))),
  };
}

const few = (names: number) => (names <= 8 ? { interval: 0, width: 120, overflow: "break" as const } : {});

const drawn = (one: Series, axis: number) => ({
  name: one.name,
  type: one.drawn === "line" ? "line" : "bar",
  stack: one.drawn === "stack" ? "all" : undefined,
  yAxisIndex: axis,
  data: one.values,
  symbolSize: 5,
  tooltip: { valueFormatter: (value: unknown) => shown(one.kind, value as number) },
});
