import { send, urlOf } from './client';
import { readEvents, type SseEvent } from './sse';
import { type TabMessage, Tabs } from './tabs';
import type { JournalEvent } from './types';

export type LiveState =
  | { is: 'connecting' }
  | { is: 'live' }
  | { is: 'lost'; since: number; tries: number };

export type LiveMessage =
  | { kind: 'event'; event: JournalEvent }
  /** What was missed cannot be told: read the snapshots again. */
  | { kind: 'resync' };

const BASE_TOPICS = ['runs', 'workflows', 'calendars', 'business-dates'];
const SILENCE_MS = 45_000; // the server says something every 15 s
const WAITS_MS = [300, 1000, 2000, 5000];

/** The one stream of all tabs: topics are counted, the position is kept, a lost stream is resumed. */
export class LiveFeed {
  private listeners = new Set<(message: LiveMessage) => void>();
  private watchers = new Set<() => void>();
  private topics = new Map<string, number>();
  private othersTopics = new Map<string, string[]>();
  private state: LiveState = { is: 'connecting' };
  private position = '';
  private abort: AbortController | null = null;
  private wake: (() => void) | null = null;
  private running = false;
  private round = 0; // a loop of an earlier start ends by itself
  private tabs = new Tabs<LiveMessage, LiveState>(
    (message) => this.fromTab(message),
    () => void this.loop(),
  );

  start(): void {
    if (this.running) return;
    this.running = true;
    this.tabs.join();
    this.tabs.tellTopics([...this.topics.keys()]);
  }

  stop(): void {
    this.running = false;
    this.round += 1;
    this.abort?.abort();
    this.wake?.();
    this.tabs.leave();
    this.position = '';
    this.set({ is: 'connecting' });
  }

  /** Ends the wait before the next try. */
  retry(): void {
    this.wake?.();
  }

  current(): LiveState {
    return this.state;
  }

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  listen(listener: (message: LiveMessage) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Asks for a topic besides the common ones, until the returned function is called. */
  want(topic: string): () => void {
    const before = this.topics.get(topic) ?? 0;
    this.topics.set(topic, before + 1);
    if (before === 0) {
      this.tabs.tellTopics([...this.topics.keys()]);
      this.renew();
    }
    return () => {
      const left = (this.topics.get(topic) ?? 1) - 1;
      if (left > 0) this.topics.set(topic, left);
      else this.topics.delete(topic); // what is no longer wanted does no harm until the next renewal
    };
  }

  private fromTab(message: TabMessage<LiveMessage, LiveState>): void {
    switch (message.kind) {
      case 'message':
        this.position = message.position;
        this.tell(message.message);
        break;
      case 'state':
        this.set(message.state);
        break;
      case 'ask':
        this.tabs.tellTopics([...this.topics.keys()]);
        break;
      case 'topics': {
        if (!this.tabs.leads) return;
        this.tabs.post({ kind: 'state', state: this.state });
        const before = this.allTopics();
        this.othersTopics.set(message.tab, message.topics);
        if (this.allTopics().some((topic) => !before.includes(topic))) this.renew();
      }
    }
  }

  private allTopics(): string[] {
    const all = [...BASE_TOPICS, ...this.topics.keys(), ...[...this.othersTopics.values()].flat()];
    return [...new Set(all)];
  }

  private renew(): void {
    if (!this.running || !this.abort) return;
    this.abort.abort('renew');
  }

  private set(state: LiveState): void {
    this.state = state;
    for (const watcher of this.watchers) watcher();
  }

  /** As `set`, in every tab. */
  private setAll(state: LiveState): void {
    this.set(state);
    this.tabs.post({ kind: 'state', state });
  }

  private tell(message: LiveMessage): void {
    for (const listener of this.listeners) listener(message);
  }

  private tellAll(message: LiveMessage): void {
    this.tell(message);
    this.tabs.post({ kind: 'message', message, position: this.position });
  }

  private take(event: SseEvent): void {
    if (event.id) this.position = event.id;
    if (event.event === 'ready') return;
    if (event.event === 'reset') this.tellAll({ kind: 'resync' });
    else this.tellAll({ kind: 'event', event: JSON.parse(event.data) as JournalEvent });
  }

  private async loop(): Promise<void> {
    const round = this.round;
    const goesOn = () => this.running && this.tabs.leads && this.round === round;
    let since: number | null = null;
    let tries = 0;
    while (goesOn()) {
      const abort = new AbortController();
      this.abort = abort;
      let silence = setTimeout(() => abort.abort(), SILENCE_MS);
      try {
        const topics = this.allTopics().join(',');
        const headers = new Headers({ Accept: 'text/event-stream' });
        if (this.position) headers.set('Last-Event-ID', this.position);
        const url = urlOf('/api/v1/events', {}, { topics });
        const response = await send('GET', url, { headers, signal: abort.signal });
        since = null;
        tries = 0;
        this.setAll({ is: 'live' });
        this.tellAll({ kind: 'resync' }); // between snapshot and stream nothing may fall
        await readEvents(
          response,
          (event) => this.take(event),
          () => {
            clearTimeout(silence);
            silence = setTimeout(() => abort.abort(), SILENCE_MS);
          },
        );
      } catch {
        if (abort.signal.reason === 'renew') continue; // other topics: at once, nothing was lost
      } finally {
        clearTimeout(silence);
      }
      if (!goesOn()) return;
      since ??= Date.now();
      tries += 1;
      this.setAll({ is: 'lost', since, tries });
      await this.pause(WAITS_MS[Math.min(tries, WAITS_MS.length) - 1]!);
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export const live = new LiveFeed();
