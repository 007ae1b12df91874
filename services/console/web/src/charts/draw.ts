// One chart in its place, in the colours of the page. Tooltips are drawn too: the content policy allows no styles in markup.
import { BarChart, HeatmapChart, LineChart, SankeyChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { getInstanceByDom, init, use } from "echarts/core";
import type { EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { bars } from "./bars";
import { colours } from "./colours";
import { flow } from "./flow";
import { heat } from "./heat";
import { read } from "./table";

use([BarChart, LineChart, HeatmapChart, SankeyChart, CanvasRenderer]);
use([GridComponent, LegendComponent, TooltipComponent, VisualMapComponent]);

export async function draw(place: HTMLElement): Promise<void> {
  const table = document.getElementById(place.dataset.table!) as HTMLTableElement;
  // First, because a chart knows only those kinds that were there when it was made.
  const wanted = await option(place.dataset.drawing!, table);
  const chart = getInstanceByDom(place) ?? watched(place);
  chart.setOption(wanted, true);
}

async function option(drawing: string, table: HTMLTableElement): Promise<EChartsCoreOption> {
  const numbers = read(table);
  const page = colours();
  if (drawing === "heat") return heat(numbers, page);
  if (drawing === "flow") return flow(numbers, page);
  if (drawing === "map") return (await import("./map")).map(numbers, page);
  return bars(numbers, page);
}

function watched(place: HTMLElement) {
  const chart = init(place, null, { renderer: "canvas" });
  new ResizeObserver(() => chart.resize()).observe(place);
  return chart;
}
