// Lists by keyboard, and the player of recordings.

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, select, textarea, [data-player] *");
}

function move(by: number): void {
  const links = [...document.querySelectorAll<HTMLElement>("[data-rows] tbody tr td:first-child a")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
}

const keys: Record<string, () => void> = {
  "/": () => document.querySelector<HTMLElement>("[data-find]")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  n: () => document.querySelector<HTMLElement>("[data-next]")?.click(),
};

document.addEventListener("keydown", (event) => {
  const done = keys[event.key];
  if (!done || typing(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  done();
});

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

class Player {
  private readonly sound: HTMLAudioElement;
  private readonly position: HTMLInputElement;
  private readonly play: HTMLButtonElement;
  private readonly clock: HTMLOutputElement;
  private readonly wave: HTMLElement;
  private readonly names: { play: string; pause: string };

  constructor(private readonly root: HTMLElement) {
    const one = <T extends Element>(selector: string) => root.querySelector<T>(selector)!;
    this.sound = one("audio");
    this.position = one("[data-position]");
    this.play = one("[data-play]");
    this.clock = one("[data-clock]");
    this.wave = one(".waveform");
    this.names = { play: this.play.textContent ?? "", pause: this.play.dataset.pauseText ?? "" };
    this.play.addEventListener("click", () => this.toggle());
    for (const button of root.querySelectorAll<HTMLElement>("[data-skip]")) {
      button.addEventListener("click", () => this.skip(Number(button.dataset.skip)));
    }
    one<HTMLSelectElement>("[data-speed]").addEventListener("change", (event) => {
      this.sound.playbackRate = Number((event.target as HTMLSelectElement).value);
    });
    this.position.addEventListener("input", () => this.seek(Number(this.position.value) / 1000));
    this.wave.addEventListener("click", (event) => {
      const box = this.wave.getBoundingClientRect();
      this.seek((event.clientX - box.left) / box.width);
    });
    root.addEventListener("keydown", (event) => this.key(event));
    for (const happened of ["timeupdate", "play", "pause", "seeked", "loadedmetadata"]) {
      this.sound.addEventListener(happened, () => this.show());
    }
  }

  private toggle(): void {
    if (this.sound.paused) void this.sound.play();
    else this.sound.pause();
  }

  private skip(seconds: number): void {
    this.sound.currentTime = Math.max(0, this.sound.currentTime + seconds);
  }

  // Before the sound is loaded its length is not known: then it is loaded first.
  private seek(share: number): void {
    if (Number.isFinite(this.sound.duration)) {
      this.sound.currentTime = share * this.sound.duration;
      return;
    }
    this.sound.addEventListener("loadedmetadata", () => this.seek(share), { once: true });
    this.sound.preload = "metadata";
    this.sound.load();
  }

  private key(event: KeyboardEvent): void {
    if (event.target instanceof HTMLSelectElement) return;
    const skips: Record<string, number> = { ArrowLeft: -5, ArrowRight: 5 };
    if (event.key === " " && !(event.target instanceof HTMLButtonElement)) this.toggle();
    else if (event.key in skips) this.skip(skips[event.key]!);
    else return;
    event.preventDefault();
  }

  private show(): void {
    const length = Number.isFinite(this.sound.duration) ? this.sound.duration : 0;
    const share = length ? this.sound.currentTime / length : 0;
    this.position.value = String(Math.round(share * 1000));
    this.position.setAttribute("aria-valuetext", clock(this.sound.currentTime));
    this.clock.textContent = `${clock(this.sound.currentTime)} / ${clock(length)}`;
    this.play.textContent = this.sound.paused ? this.names.play : this.names.pause;
    this.root.querySelector(".heard")?.setAttribute("width", String(share * 1000));
  }
}

for (const root of document.querySelectorAll<HTMLElement>("[data-player]")) new Player(root);
