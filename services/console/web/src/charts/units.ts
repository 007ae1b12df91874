// A number as the tables show it.
import type { Kind } from "./table";

const language = document.documentElement.lang;
const whole = new Intl.NumberFormat(language);
const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
const money = new Intl.NumberFormat(language, { style: "currency", currency: "CNY" });

export function shown(kind: Kind, value: number | null | undefined): string {
  if (value == null || Number.isNaN(value)) return "–";
  if (kind === "share") return share.format(value);
  if (kind === "money") return money.format(value);
  return kind === "seconds" ? time(value) : whole.format(value);
}

function time(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
