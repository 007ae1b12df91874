// The agent's phone in this browser: SIP through the console, sound straight to Asterisk (docs/desk.md).
import { UA, WebSocketInterface } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";
import type { DTMF_TRANSPORT } from "jssip/lib/Constants";
import { Devices } from "./devices";
import { PhoneView } from "./phone-view";
import { Ringer } from "./ringer";

interface Credentials {
  user: string;
  realm: string;
  ha1: string;
}

const TAKEN = 4001;
const ENDED = 4002;
const RECOVERY_SECONDS = { first: 1, longest: 8 };
const RETRY_MS = { first: 2000, longest: 60_000 };
const REGISTERED_SECONDS = 600;
const BUSY = 486;

/** JsSIP takes up to two seconds to stop, and would meanwhile connect again, and take the phone back, when the line is closed. */
function hangUpTheLine(ua: UA | null): void {
  (ua as unknown as { transport: { disconnect(): void } | null } | null)?.transport?.disconnect();
}

export class Softphone {
  private readonly view: PhoneView;
  private readonly devices: Devices;
  private readonly ringer = new Ringer();
  private ua: UA | null = null;
  private pause = RETRY_MS.first;
  private talk: RTCSession | null = null;
  /** A colleague who is asked before the caller is transferred. */
  private consulted: RTCSession | null = null;
  private release: (() => void) | null = null;

  constructor(private readonly root: HTMLElement) {
    this.view = new PhoneView(root, {
      answer: () => this.answer(),
      hangup: () => this.current()?.terminate(),
      mute: () => this.mute(),
      hold: () => this.hold(),
      dial: (number) => this.dial(number),
      transfer: (number) => this.transfer(number),
      connect: () => this.connect(),
      key: (key) => this.press(key),
      move: () => void this.start(true),
    });
    this.devices = new Devices(root, this.view, () => this.talk?.connection ?? null);
  }

  /** `steal`: from another tab, which is told. */
  async start(steal = false): Promise<void> {
    if (!navigator.mediaDevices || !navigator.locks) {
      this.view.link("unsafe");
      return;
    }
    const path = this.root.dataset.path ?? "";
    const alone = new Promise<void>((resolve) => (this.release = resolve));
    const options = steal ? { steal } : { ifAvailable: true };
    navigator.locks
      .request(`softphone ${path}`, options, async (lock) => {
        if (!lock) {
          this.view.link("elsewhere");
          return;
        }
        await this.devices.ask();
        await this.register(path);
        await alone;
      })
      .catch(() => this.stop("elsewhere")); // stolen
  }

  private async register(path: string): Promise<void> {
    this.view.link("connecting");
    const answer = await fetch(`/api/v1${path}/phone`);
    if (!answer.ok) {
      this.view.link("refused");
      return;
    }
    const known = (await answer.json()) as Credentials;
    const ua = new UA({
      sockets: new WebSocketInterface(`${location.origin.replace(/^http/, "ws")}${path}/sip`),
      uri: `sip:${known.user}@desk.invalid`,
      contact_uri: `sip:${known.user}@${crypto.randomUUID().slice(0, 8)}.invalid;transport=ws`,
      realm: known.realm,
      ha1: known.ha1,
      register_expires: REGISTERED_SECONDS,
      session_timers: false,
      connection_recovery_min_interval: RECOVERY_SECONDS.first,
      connection_recovery_max_interval: RECOVERY_SECONDS.longest,
      user_agent: "hotline400 desk",
    });
    ua.on("registered", () => {
      this.pause = RETRY_MS.first;
      this.view.link("ready");
    });
    ua.on("registrationFailed", () => this.refused(ua));
    ua.on("disconnected", ({ code }) => this.lost(code));
    ua.on("newRTCSession", ({ session }: { session: RTCSession }) => this.meet(session));
    this.ua = ua;
    ua.start();
  }

  private refused(ua: UA): void {
    if (!ua.isConnected()) return;
    this.view.link("refused");
    setTimeout(() => {
      if (this.ua === ua && ua.isConnected()) ua.register();
    }, this.pause);
    this.pause = Math.min(2 * this.pause, RETRY_MS.longest);
  }

  private lost(code: number | undefined): void {
    if (!this.ua) return; // stopped, and why is shown
    if (code === TAKEN) this.stop("taken");
    else if (code === ENDED) this.stop("ended");
    else this.view.link("lost"); // JsSIP tries again, later and later
  }

  private stop(why: "taken" | "ended" | "elsewhere"): void {
    const ua = this.ua;
    this.ua = null;
    ua?.stop();
    hangUpTheLine(ua);
    this.release?.();
    this.ringer.stop();
    this.view.link(why);
    this.view.talk("none");
  }

  private current(): RTCSession | null {
    return this.consulted ?? this.talk;
  }

  private meet(session: RTCSession): void {
    if (session.direction === "incoming") {
      if (this.talk) {
        session.terminate({ status_code: BUSY });
        return;
      }
      this.talk = session;
      this.view.talk("ringing", session.remote_identity.uri.user);
      this.ringer.start();
    }
    session.on("peerconnection", ({ peerconnection }) => this.devices.play(peerconnection));
    if (session.connection) this.devices.play(session.connection);
    session.on("confirmed", () => this.show());
    session.on("hold", () => this.show());
    session.on("unhold", () => this.show());
    session.on("muted", () => this.show());
    session.on("unmuted", () => this.show());
    session.on("ended", () => this.over(session));
    session.on("failed", ({ originator, cause }) => {
      this.over(session);
      if (session.direction === "outgoing" && originator !== "local") this.view.problem("failed", cause);
    });
    session.on("getusermediafailed", (error: unknown) => this.devices.failed(error));
  }

  private show(): void {
    const session = this.current();
    if (!session) return;
    this.ringer.stop();
    this.view.consult(this.consulted?.isEstablished() ?? false);
    this.view.pressed(session.isMuted().audio ?? false, session.isOnHold().local);
    if (session.isEstablished()) {
      this.view.talk(session.isOnHold().local ? "held" : "talking", session.remote_identity.uri.user, session.start_time);
    }
  }

  private over(session: RTCSession): void {
    if (session === this.consulted) {
      this.consulted = null;
      if (this.talk?.isOnHold().local) this.talk.unhold();
    } else if (session === this.talk) {
      this.talk = this.consulted;
      this.consulted = null;
    }
    this.ringer.stop();
    this.view.consult(false);
    if (this.talk) this.show();
    else this.view.talk("none");
  }

  private answer(): void {
    const session = this.talk;
    if (!session?.isInProgress() || session.direction !== "incoming") return;
    this.ringer.stop();
    this.view.talk("calling", session.remote_identity.uri.user);
    session.answer({ mediaConstraints: this.devices.constraints() });
  }

  private dial(number: string): void {
    if (!this.ua || !number || this.consulted) return;
    const first = this.talk;
    if (first && !first.isEstablished()) return;
    if (first && !first.isOnHold().local) first.hold();
    const session = this.ua.call(`sip:${number}@desk.invalid`, { mediaConstraints: this.devices.constraints() });
    if (first) this.consulted = session;
    else this.talk = session;
    this.view.problem(null);
    this.view.talk("calling", number);
  }

  private transfer(number: string): void {
    const session = this.talk;
    if (!session?.isEstablished() || !number) return;
    const eventHandlers = { ...this.untransferred(), requestSucceeded: () => session.terminate() };
    session.refer(`sip:${number}@desk.invalid`, { eventHandlers });
  }

  private connect(): void {
    if (!this.talk || !this.consulted) return;
    const colleague = this.consulted.remote_identity.uri.toString();
    this.talk.refer(colleague, { replaces: this.consulted, eventHandlers: this.untransferred() });
  }

  private untransferred(): Record<string, () => void> {
    const refused = () => this.view.problem("transfer");
    return { requestFailed: refused, failed: refused };
  }

  private press(key: string): void {
    const session = this.current();
    if (session?.isEstablished()) session.sendDTMF(key, { transportType: "RFC2833" as DTMF_TRANSPORT });
  }

  private mute(): void {
    const session = this.current();
    if (!session?.isEstablished()) return;
    if (session.isMuted().audio) session.unmute({ audio: true });
    else session.mute({ audio: true });
  }

  private hold(): void {
    const session = this.current();
    if (!session?.isEstablished()) return;
    if (session.isOnHold().local) session.unhold();
    else session.hold();
  }
}
