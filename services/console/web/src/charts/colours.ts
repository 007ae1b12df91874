// The page's own colours, as they are now.
export type Colours = Record<"ink" | "quiet" | "line" | "panel" | "shade" | "accent" | "good" | "warn" | "bad", string>;

const NAMES = ["ink", "quiet", "line", "panel", "shade", "accent", "good", "warn", "bad"] as const;

export function colours(): Colours {
  const probe = document.body.appendChild(document.createElement("span"));
  const found = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(found) as Colours;
}

export const palette = (page: Colours) => [page.accent, page.good, page.bad, page.warn, page.quiet, page.ink];

export const tooltip = (page: Colours) => ({
  renderMode: "richText" as const,
  confine: true,
  backgroundColor: page.panel,
  borderColor: page.line,
  textStyle: { color: page.ink },
});
