/** One tab of a browser leads and holds the stream for all of them: a browser opens only six
 * connections to a server without TLS. Where tabs cannot find each other, each leads itself. */
export type TabMessage<T, S> =
  | { kind: 'message'; message: T; position: string }
  | { kind: 'state'; state: S }
  /** The leader asks who wants what. */
  | { kind: 'ask' }
  | { kind: 'topics'; tab: string; topics: string[] };

const NAME = 'dandori-live';

export class Tabs<T, S> {
  private channel: BroadcastChannel | null = null;
  private release: (() => void) | null = null;
  private abort: AbortController | null = null;
  private readonly tab = Math.random().toString(36).slice(2);
  leads = false;

  constructor(
    private readonly take: (message: TabMessage<T, S>) => void,
    private readonly lead: () => void,
  ) {}

  join(): void {
    if (!('locks' in navigator) || typeof BroadcastChannel === 'undefined') {
      this.leads = true;
      this.lead();
      return;
    }
    this.channel = new BroadcastChannel(NAME);
    this.channel.onmessage = (event: MessageEvent<TabMessage<T, S>>) => this.take(event.data);
    this.abort = new AbortController();
    navigator.locks
      .request(NAME, { signal: this.abort.signal }, () => {
        this.leads = true;
        this.lead();
        this.post({ kind: 'ask' });
        return new Promise<void>((resolve) => {
          this.release = resolve;
        });
      })
      .catch(() => {}); // left before it was this tab's turn
  }

  leave(): void {
    this.leads = false;
    this.abort?.abort();
    this.release?.();
    this.channel?.close();
    this.abort = this.release = this.channel = null;
  }

  post(message: TabMessage<T, S>): void {
    this.channel?.postMessage(message);
  }

  tellTopics(topics: string[]): void {
    this.post({ kind: 'topics', tab: this.tab, topics });
  }
}
