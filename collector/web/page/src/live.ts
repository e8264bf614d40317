// Knows when there is something new, and whether what is shown can be trusted.
//
// Events say that there is; when they cannot be had, the time does (every five seconds). What is shown is stale as
// soon as the collector was not heard of for twelve seconds.

import { session } from "./session";
import { Stream } from "./stream";
import type { Summary } from "./types";

export type Connection = "connecting" | "live" | "polling" | "lost";

const aliveWithin = 12_000;
const pollEvery = 5_000;

interface Listener {
  changed: () => void; // there is something new to show
  connection: () => void; // `state` is another one
}

export class Live {
  state: Connection = "connecting";
  heard = 0; // of the collector, by this machine's clock
  snapshotAt = 0; // the newest snapshot that we know of, by the collector's clock
  summary: Summary | null = null;
  private skew = 0; // the collector's clock minus ours
  private source: EventSource | Stream | null = null;
  private lastPoll = 0;

  constructor(private readonly listener: Listener) {}

  start(): void {
    this.connect();
    window.setInterval(() => this.check(), 1_000);
    // A browser opens six connections to one server at most, for all tabs together: a tab that nobody looks at
    // must not hold one.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.disconnect() : this.resume()));
    window.addEventListener("pagehide", () => this.disconnect());
    window.addEventListener("pageshow", (event) => event.persisted && this.resume());
  }

  // Now, by the collector's clock: ages on the page are right even where this machine's clock is not.
  now(): number {
    return Date.now() + this.skew;
  }

  // An answer of the API came, or did not.
  answered(ok: boolean, at?: string): void {
    if (ok) {
      this.heard = Date.now();
      if (at) this.snapshotAt = Math.max(this.snapshotAt, Date.parse(at));
    }
    this.check();
  }

  private disconnect(): void {
    this.source?.close();
    this.source = null;
  }

  // Somebody may read from now on, or is somebody else.
  signedIn(): void {
    this.connect();
  }

  private resume(): void {
    this.connect();
    this.listener.changed();
  }

  private connect(): void {
    this.disconnect();
    const source = session.token() ? new Stream("/api/v1/events") : new EventSource("/api/v1/events");
    this.source = source;
    const listen = (name: string, hear: (event: Event) => void): void => source.addEventListener(name, hear);
    listen("snapshot", (event) => {
      const { at, now, summary } = JSON.parse((event as MessageEvent<string>).data) as {
        at: string;
        now: string;
        summary: Summary;
      };
      this.hear(now);
      this.snapshotAt = Date.parse(at);
      this.summary = summary;
      this.listener.changed();
    });
    listen("alive", (event) => {
      this.hear((JSON.parse((event as MessageEvent<string>).data) as { now: string }).now);
    });
    listen("error", () => this.check());
  }

  private hear(now: string): void {
    this.heard = Date.now();
    this.skew = Date.parse(now) - this.heard;
    this.check();
  }

  private check(): void {
    if (document.hidden) return;
    const open = this.source?.readyState === EventSource.OPEN;
    const recent = this.heard > 0 && Date.now() - this.heard < aliveWithin;
    let state: Connection = "lost";
    if (recent) state = open ? "live" : "polling";
    else if (this.heard === 0 && performance.now() < 3_000) state = "connecting";
    if (!open && Date.now() - this.lastPoll >= pollEvery) {
      this.lastPoll = Date.now();
      // A browser gives up on a stream that was refused; we do not.
      if (!this.source || this.source.readyState === EventSource.CLOSED) this.connect();
      this.listener.changed();
    }
    if (state !== this.state) {
      this.state = state;
      this.listener.connection();
    }
  }
}
