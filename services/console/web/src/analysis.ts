// Draws each chart of the analysis from the table below it, so that there are no other numbers than those people read.
import { draw } from "./charts/draw";

const places = [...document.querySelectorAll<HTMLElement>("[data-drawing]")];
const dark = matchMedia("(prefers-color-scheme: dark)");

const all = () => Promise.all(places.map(draw));
dark.addEventListener("change", all);
all().then(() => document.documentElement.setAttribute("data-drawn", "true"));
