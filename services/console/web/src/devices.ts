// Microphone and loudspeaker of the softphone.
import type { PhoneView } from "./phone-view";

const KEPT = "softphone microphone";

export class Devices {
  private readonly sound: HTMLAudioElement;
  private readonly microphone: HTMLSelectElement;
  private readonly speaker: HTMLSelectElement;

  constructor(
    root: HTMLElement,
    private readonly view: PhoneView,
    private readonly connection: () => RTCPeerConnection | null,
  ) {
    const find = <T extends Element>(selector: string) => root.querySelector<T>(selector) as T;
    this.sound = find<HTMLAudioElement>("#phone-sound");
    this.microphone = find<HTMLSelectElement>("#phone-microphone");
    this.speaker = find<HTMLSelectElement>("#phone-speaker");
    this.microphone.addEventListener("change", () => void this.change());
    this.speaker.addEventListener("change", () => void this.sound.setSinkId?.(this.speaker.value));
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.list());
  }

  /** Before the first call: who is to answer has no time to be asked for a permission. */
  async ask(): Promise<void> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      for (const track of stream.getTracks()) track.stop();
      this.view.microphone("ok");
    } catch (error) {
      this.failed(error);
    }
    await this.list();
  }

  failed(error: unknown): void {
    const denied = error instanceof DOMException && ["NotAllowedError", "SecurityError"].includes(error.name);
    this.view.microphone(denied ? "denied" : "missing");
  }

  constraints(): MediaStreamConstraints {
    const id = this.microphone.value;
    return { audio: id ? { deviceId: { exact: id } } : true, video: false };
  }

  play(connection: RTCPeerConnection): void {
    connection.addEventListener("track", ({ streams, track }) => {
      this.sound.srcObject = streams[0] ?? new MediaStream([track]);
    });
  }

  private async list(): Promise<void> {
    const found = await navigator.mediaDevices.enumerateDevices();
    fill(this.microphone, found, "audioinput", this.view.sentence("default"), localStorage.getItem(KEPT));
    fill(this.speaker, found, "audiooutput", this.view.sentence("default"), this.speaker.value);
  }

  /** Also of the call that goes on. */
  private async change(): Promise<void> {
    localStorage.setItem(KEPT, this.microphone.value);
    const sender = this.connection()?.getSenders().find((one) => one.track?.kind === "audio");
    if (!sender) return;
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.constraints());
      const [track] = stream.getAudioTracks();
      if (!track) return;
      track.enabled = sender.track?.enabled ?? true;
      sender.track?.stop();
      await sender.replaceTrack(track);
    } catch (error) {
      this.failed(error);
    }
  }
}

function fill(
  select: HTMLSelectElement,
  found: MediaDeviceInfo[],
  kind: MediaDeviceKind,
  usual: string,
  chosen: string | null,
): void {
  const own = found.filter((one) => one.kind === kind && one.deviceId && one.deviceId !== "default");
  select.replaceChildren(new Option(usual, ""), ...own.map((one) => new Option(one.label || one.deviceId, one.deviceId)));
  select.value = own.some((one) => one.deviceId === chosen) ? (chosen ?? "") : "";
}
