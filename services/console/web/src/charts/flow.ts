// The ways that calls went, from left to right; ends stand at the right.
import type { EChartsCoreOption } from "echarts/core";
import { palette, tooltip, type Colours } from "./colours";
import type { Numbers, Way } from "./table";
import { shown } from "./units";

type Shown = { dataType: "node" | "edge"; name: string; value: number; data: { source: string; target: string } };

export function flow(numbers: Numbers, page: Colours): EChartsCoreOption {
  const labels = new Map(numbers.ways.flatMap((way) => way.places));
  const label = (id: string) => labels.get(id) ?? id;
  const said = ({ dataType, name, value, data }: Shown) =>
    dataType === "node"
      ? `${label(name)}  ${shown("whole", value)}`
      : `${label(data.source)} → ${label(data.target)}  ${shown("whole", value)}`;
  return {
    color: palette(page),
    animation: false,
    tooltip: { ...tooltip(page), trigger: "item", formatter: said },
    series: [
      {
        type: "sankey",
        left: 8,
        right: 150,
        top: 8,
        bottom: 8,
        nodeGap: 10,
        draggable: false,
        data: [...labels.keys()].map((name) => ({ name, itemStyle: ended(name, page) })),
        links: links(numbers.ways),
        label: { color: page.ink, formatter: ({ name }: { name: string }) => label(name) },
        lineStyle: { color: "source", opacity: 0.35 },
      },
    ],
  };
}

const ended = (id: string, page: Colours) => {
  if (id === "end:answered") return { color: page.good };
  return id.startsWith("end:abandoned") ? { color: page.bad } : undefined;
};

function links(ways: Way[]) {
  const calls = new Map<string, { source: string; target: string; value: number }>();
  for (const way of ways)
    way.places.slice(1).forEach(([target], place) => {
      const source = way.places[place][0];
      const link = calls.get(`${source}\n${target}`) ?? { source, target, value: 0 };
      link.value += way.calls;
      calls.set(`${source}\n${target}`, link);
    });
  return [...calls.values()];
}
