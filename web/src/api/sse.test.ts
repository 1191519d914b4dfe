import { expect, it } from 'vitest';
import { SseReader } from './sse';

it('events are whole, however the stream is cut', () => {
  const text = ':\n\nid: 7\nevent: job.ended\ndata: {"a":1}\n\nid: 8\nevent: reset\ndata: {}\n\n';
  for (let cut = 0; cut <= text.length; ++cut) {
    const reader = new SseReader();
    const events = [...reader.push(text.slice(0, cut)), ...reader.push(text.slice(cut))];
    expect(events).toEqual([
      { id: '7', event: 'job.ended', data: '{"a":1}' },
      { id: '8', event: 'reset', data: '{}' },
    ]);
  }
});

it('data of several lines is one text; a comment is no event', () => {
  expect(new SseReader().push(': hello\n\ndata: a\ndata: b\n\n')).toEqual([
    { id: '', event: 'message', data: 'a\nb' },
  ]);
});
