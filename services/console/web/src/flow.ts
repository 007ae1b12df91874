// The picture of a flow is moved and zoomed, its nodes are reached by arrow keys; forms show what a choice brings with it.
import htmx from "htmx.org";

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function watch(picture: SVGSVGElement, tools: HTMLElement): void {
  const whole = [picture.viewBox.baseVal.x, picture.viewBox.baseVal.y, picture.viewBox.baseVal.width, picture.viewBox.baseVal.height];
  const show = (x: number, y: number, width: number, height: number) =>
    picture.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  const zoom = (factor: number, atX = 0.5, atY = 0.5) => {
    const { x, y, width, height } = picture.viewBox.baseVal;
    if (width * factor > whole[2] * 2 || width * factor < 100) return;
    show(x + width * (1 - factor) * atX, y + height * (1 - factor) * atY, width * factor, height * factor);
  };
  tools.addEventListener("click", (event) => {
    const wanted = (event.target as HTMLElement).closest<HTMLElement>("[data-zoom]")?.dataset.zoom;
    if (wanted === "all") show(whole[0], whole[1], whole[2], whole[3]);
    else if (wanted) zoom(wanted === "in" ? 0.8 : 1.25);
  });
  picture.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const seen = picture.getBoundingClientRect();
      zoom(event.deltaY < 0 ? 0.9 : 1.1, (event.clientX - seen.left) / seen.width, (event.clientY - seen.top) / seen.height);
    },
    { passive: false },
  );
  picture.addEventListener("pointermove", (event) => {
    if (event.buttons !== 1) return;
    const { x, y, width, height } = picture.viewBox.baseVal;
    const scale = width / picture.getBoundingClientRect().width;
    show(x - event.movementX * scale, y - event.movementY * scale, width, height);
  });
  picture.addEventListener("dragstart", (event) => event.preventDefault());
  picture.addEventListener("keydown", (event) => {
    const way = ARROWS[event.key];
    const from = (event.target as Element).closest("a");
    if (!way || !from) return;
    event.preventDefault();
    nearest(picture, from, way)?.focus();
  });
}

function middle(element: Element): [number, number] {
  const { left, top, width, height } = element.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}

function nearest(picture: SVGSVGElement, from: Element, [right, down]: [number, number]): SVGAElement | undefined {
  const [x, y] = middle(from);
  let best: SVGAElement | undefined;
  let least = Infinity;
  for (const one of picture.querySelectorAll<SVGAElement>("a")) {
    const [toX, toY] = middle(one);
    const along = (toX - x) * right + (toY - y) * down;
    const aside = Math.abs((toX - x) * down) + Math.abs((toY - y) * right);
    if (one === from || along <= 1 || along + 2 * aside >= least) continue;
    least = along + 2 * aside;
    best = one;
  }
  return best;
}

// A choice that brings other fields with it: the form comes back with them.
document.addEventListener("change", (event) => {
  const field = event.target as HTMLElement;
  const form = field.closest<HTMLFormElement>("form#form");
  if (!form || !field.matches("[data-again]")) return;
  const values = Object.fromEntries([["@do", "show:"]]);
  htmx.ajax("post", form.action, { source: form, target: form, swap: "outerHTML", values });
});

for (const place of document.querySelectorAll<HTMLElement>("[data-picture]")) {
  const picture = place.querySelector<SVGSVGElement>("svg.flow");
  if (picture) watch(picture, place);
}
