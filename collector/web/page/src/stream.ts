// Server-sent events for those who must show a token: an EventSource cannot.

import { ask } from "./session";

export class Stream extends EventTarget {
  readyState: number = EventSource.CONNECTING;
  private readonly ending = new AbortController();

  constructor(path: string) {
    super();
    void this.run(path);
  }

  close(): void {
    this.readyState = EventSource.CLOSED;
    this.ending.abort();
  }

  private async run(path: string): Promise<void> {
    try {
      const answer = await ask(path, { signal: this.ending.signal });
      if (!answer.ok || !answer.body) throw new Error(`the collector answered ${answer.status}`);
      this.readyState = EventSource.OPEN;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        text += value;
        const events = text.split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) this.hear(event);
      }
    } catch {
      // It is tried again by whoever asked for it.
    }
    this.readyState = EventSource.CLOSED;
    this.dispatchEvent(new Event("error"));
  }

  private hear(event: string): void {
    const of = (name: string): string | undefined => event.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const name = of("event");
    if (name) this.dispatchEvent(new MessageEvent(name, { data: of("data") ?? "" }));
  }
}
