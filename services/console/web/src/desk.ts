// The agent desk: clocks, notes that are not lost, and the softphone where the agent's phone is this browser.
import { Softphone } from "./softphone";

let ahead = 0; // of the server's clock, milliseconds

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function tick(): void {
  const now = Date.now() - ahead;
  for (const one of document.querySelectorAll<HTMLElement>("time[data-since]")) {
    one.textContent = clock((now - Number(one.dataset.since)) / 1000);
  }
  for (const one of document.querySelectorAll<HTMLElement>("time[data-began]")) {
    one.textContent = clock((Date.now() - Number(one.dataset.began)) / 1000); // by this machine's own clock
  }
  for (const one of document.querySelectorAll<HTMLElement>("time[data-until]")) {
    one.textContent = clock((Number(one.dataset.until) - now) / 1000);
  }
}

function setClock(): void {
  const told = document.querySelector<HTMLElement>("[data-now]");
  if (told) ahead = Date.now() - Number(told.dataset.now);
  tick();
}

// A note that is being written stays while the same caller is pushed again, and is kept when another one comes.
function beforePush(event: Event): void {
  const message = (event as CustomEvent<MessageEvent<string>>).detail;
  const form = document.querySelector<HTMLFormElement>("#note");
  if (message.type !== "caller" || !form?.querySelector("textarea")?.value.trim()) return;
  const coming = new DOMParser().parseFromString(message.data, "text/html").querySelector<HTMLElement>("[data-call]");
  const shown = document.querySelector<HTMLElement>("#caller [data-call]");
  if (coming?.dataset.call === shown?.dataset.call) event.preventDefault();
  else form.requestSubmit();
}

document.body.addEventListener("htmx:sseBeforeMessage", beforePush);
document.body.addEventListener("htmx:afterSwap", setClock);
document.body.addEventListener("htmx:sseMessage", (event) => {
  if ((event as CustomEvent<MessageEvent>).detail.type === "gone") location.reload(); // to the log-in
  setClock();
});
const lost = document.querySelector<HTMLElement>("#lost");
document.body.addEventListener("htmx:sseError", () => lost && (lost.hidden = false));
document.body.addEventListener("htmx:sseOpen", () => lost && (lost.hidden = true));
document.body.addEventListener("htmx:afterRequest", (event) => {
  if ((event as CustomEvent<{ successful: boolean }>).detail.successful) {
    document.querySelector("#problem")?.replaceChildren();
  }
});
setClock();
setInterval(tick, 1000);

const phone = document.querySelector<HTMLElement>("#phone");
if (phone) void new Softphone(phone).start();
