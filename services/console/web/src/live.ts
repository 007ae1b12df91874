// The wallboard: clocks that tick, a dialog for what is done, the whole screen, and what to say when the console is gone.

let ahead = 0; // of the console's clock, before this machine's, in milliseconds

const two = (part: number): string => String(part).padStart(2, "0");

const duration = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};

const tick = (): void => {
  for (const clock of document.querySelectorAll<HTMLElement>("[data-since]")) {
    const lasted = Date.now() + ahead - Number(clock.dataset.since);
    const warn = Number(clock.dataset.warn ?? 0) * 1000;
    clock.textContent = duration(lasted);
    if (warn && lasted >= warn) clock.dataset.level = lasted >= 2 * warn ? "alarm" : "warn";
    else delete clock.dataset.level;
  }
};

const setClock = (): void => {
  const now = document.querySelector<HTMLElement>("#live [data-now]")?.dataset.now;
  if (now) ahead = Number(now) - Date.now();
};

const live = document.querySelector<HTMLElement>("#live")!;
const lost = document.querySelector<HTMLElement>("#lost")!;
const act = document.querySelector<HTMLDialogElement>("#act")!;

const tellLost = (): void => {
  if (!lost.hidden) return;
  const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour12: false });
  lost.textContent = live.dataset.lost!.replace("%(time)s", time);
  lost.className = "problem";
  lost.hidden = false;
};

setClock();
tick();
setInterval(tick, 500);

document.body.addEventListener("htmx:sseMessage", (event) => {
  const type = (event as CustomEvent<{ type?: string }>).detail.type;
  if (type === "gone") location.reload();
  if (type === "figures") setClock();
  lost.hidden = true;
  tick();
});
document.body.addEventListener("htmx:sseError", tellLost);
document.body.addEventListener("htmx:sseOpen", () => (lost.hidden = true));

document.body.addEventListener("htmx:afterSwap", (event) => {
  if ((event.target as HTMLElement).id === "act-body" && !act.open) act.showModal();
});
act.addEventListener("submit", (event) => {
  if (!(event.target as HTMLElement).matches("[method=dialog]")) act.close(); // what comes of it is told on the page
});
document.querySelector("#fullscreen")?.addEventListener("click", () => {
  live.classList.add("wall");
  void live.requestFullscreen();
});
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement && !new URLSearchParams(location.search).has("wall")) live.classList.remove("wall");
});
