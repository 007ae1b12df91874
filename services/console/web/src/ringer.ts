// Rings as phones in China do: 450 Hz, one second of five. Browsers let a page ring once its user has clicked on it.
const HERTZ = 450;
const LOUDNESS = 0.15;
const RING_SECONDS = 1;
const PERIOD_MS = 5000;

export class Ringer {
  private context: AudioContext | null = null;
  private timer = 0;
  private readonly title = document.title;

  start(): void {
    this.stop();
    this.context ??= new AudioContext();
    this.ring();
    this.timer = window.setInterval(() => this.ring(), PERIOD_MS);
    document.title = `☎ ${this.title}`;
  }

  stop(): void {
    clearInterval(this.timer);
    document.title = this.title;
    void this.context?.suspend();
  }

  private ring(): void {
    const context = this.context;
    if (!context) return;
    void context.resume();
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    tone.frequency.value = HERTZ;
    volume.gain.value = LOUDNESS;
    tone.connect(volume).connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + RING_SECONDS);
  }
}
