/** Server-sent events as text: a reader that takes any cut of the stream. */
export interface SseEvent {
  id: string;
  event: string;
  data: string;
}

export class SseReader {
  private rest = '';
  private id = '';

  /** Events that are complete with this piece of text. */
  push(text: string): SseEvent[] {
    const whole = this.rest + text;
    const blocks = whole.split(/\r?\n\r?\n/);
    this.rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => this.read(block));
  }

  private read(block: string): SseEvent[] {
    let event = 'message';
    const data: string[] = [];
    for (const line of block.split(/\r?\n/)) {
      if (line.startsWith(':')) continue;
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'id') this.id = value;
      else if (name === 'event') event = value;
      else if (name === 'data') data.push(value);
    }
    return data.length > 0 ? [{ id: this.id, event, data: data.join('\n') }] : [];
  }
}

/** Reads a stream of events until it ends; `onEvent` may throw to stop. */
export async function readEvents(
  response: Response,
  onEvent: (event: SseEvent) => void,
  onBytes: () => void,
): Promise<void> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  const sse = new SseReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBytes();
    for (const event of sse.push(decoder.decode(value, { stream: true }))) onEvent(event);
  }
}
