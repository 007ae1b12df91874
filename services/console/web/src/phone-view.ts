// What the softphone shows, and what is asked of it. All sentences stand in the page, in its language.
export type Link = "starting" | "connecting" | "ready" | "lost" | "refused" | "elsewhere" | "taken" | "ended" | "unsafe";
export type Talk = "none" | "ringing" | "calling" | "talking" | "held";

export interface Acts {
  answer(): void;
  hangup(): void;
  mute(): void;
  hold(): void;
  dial(number: string): void;
  transfer(number: string): void;
  connect(): void;
  key(key: string): void;
  move(): void;
}

const SHORTCUTS: Record<string, keyof Pick<Acts, "answer" | "hangup" | "mute" | "hold">> = {
  KeyA: "answer",
  KeyH: "hangup",
  KeyM: "mute",
  KeyP: "hold",
};

export class PhoneView {
  private readonly number: HTMLInputElement;

  constructor(
    private readonly root: HTMLElement,
    acts: Acts,
  ) {
    this.number = this.find<HTMLInputElement>("#phone-dial input");
    for (const act of ["answer", "hangup", "mute", "hold", "connect", "move"] as const) {
      for (const button of root.querySelectorAll(`[data-act=${act}]`)) button.addEventListener("click", () => acts[act]());
    }
    this.find("[data-act=transfer]").addEventListener("click", () => {
      if (this.number.reportValidity()) acts.transfer(this.number.value);
    });
    this.find("#phone-dial").addEventListener("submit", (event) => {
      event.preventDefault();
      acts.dial(this.number.value);
    });
    for (const button of root.querySelectorAll<HTMLElement>("[data-key]")) {
      button.addEventListener("click", () => acts.key(button.dataset.key ?? ""));
    }
    document.addEventListener("keydown", (event) => {
      const act = event.altKey && !event.ctrlKey && !event.metaKey ? SHORTCUTS[event.code] : undefined;
      if (!act) return;
      event.preventDefault();
      acts[act]();
    });
    this.link("starting");
    this.microphone("ok");
    this.talk("none");
    this.consult(false);
  }

  link(state: Link): void {
    this.root.dataset.link = state;
    this.showOnly("link-is", state);
  }

  microphone(state: "ok" | "denied" | "missing"): void {
    this.showOnly("microphone-is", state);
  }

  talk(state: Talk, other = "", since?: Date): void {
    this.root.dataset.talk = state;
    this.showOnly("talk-is", state);
    this.find("#phone-with").textContent = state === "none" ? "" : other;
    const time = this.find<HTMLElement>("#phone-time");
    if (since) time.dataset.began = String(since.getTime());
    else delete time.dataset.began;
    if (!since) time.textContent = "";
  }

  consult(on: boolean): void {
    this.showOnly("consult", on ? "yes" : "no");
  }

  pressed(muted: boolean, held: boolean): void {
    this.find("[data-act=mute]").setAttribute("aria-pressed", String(muted));
    this.find("[data-act=hold]").setAttribute("aria-pressed", String(held));
  }

  problem(name: string | null, cause = ""): void {
    const shown = this.find<HTMLElement>("#phone-problem");
    shown.hidden = name === null;
    shown.textContent = name === null ? "" : this.sentence(name).replace("%s", cause);
  }

  sentence(name: string): string {
    const sentences = this.find<HTMLTemplateElement>("#phone-sentences").content;
    return sentences.querySelector(`[data-sentence=${name}]`)?.textContent ?? "";
  }

  private showOnly(what: string, state: string): void {
    for (const one of this.root.querySelectorAll<HTMLElement>(`[data-${what}]`)) {
      one.hidden = !one.getAttribute(`data-${what}`)?.split(" ").includes(state);
    }
  }

  private find<T extends Element = Element>(selector: string): T {
    return this.root.querySelector<T>(selector) as T;
  }
}
