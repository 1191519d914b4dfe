import type { LogLine } from '@/api/types';

/** Lines of a log that are loaded: one stretch without gaps. Pure. */
export interface LogWindow {
  lines: readonly LogLine[];
  total: number;
  complete: boolean;
  dropped: number;
  nextOffset: number;
}

export const EMPTY: LogWindow = { lines: [], total: 0, complete: false, dropped: 0, nextOffset: 0 };

export interface Piece {
  items: LogLine[];
  next_offset: number;
  lines_total?: number;
  dropped?: number;
  complete?: boolean;
}

const WINDOW_MOST = 200_000;

/** Adds a piece that touches or overlaps the window. One that does not takes its place when it was
 * asked for; when it merely came (`stream`), only the totals are taken: nobody's view jumps. */
export function addPiece(
  window: LogWindow,
  piece: Piece,
  how: 'asked' | 'stream' = 'asked',
): LogWindow {
  const first = piece.items[0];
  const facts = {
    total: Math.max(window.total, piece.lines_total ?? 0, piece.items.at(-1)?.n ?? 0),
    complete: window.complete || piece.complete === true,
    dropped: piece.dropped ?? window.dropped,
    nextOffset: Math.max(window.nextOffset, piece.next_offset),
  };
  if (!first) return { ...window, ...facts };
  const old = window.lines;
  const begin = old[0]?.n ?? 0;
  const end = old.at(-1)?.n ?? -1;
  const last = piece.items.at(-1)!.n;
  if (old.length > 0 && (first.n > end + 1 || last < begin - 1)) {
    return how === 'stream' ? { ...window, ...facts } : { ...facts, lines: piece.items };
  }
  if (old.length === 0) return { ...facts, lines: piece.items };
  const before = old.slice(0, Math.max(0, first.n - begin));
  const after = last < end ? old.slice(last - begin + 1) : [];
  const lines = [...before, ...piece.items, ...after];
  return { ...facts, lines: lines.length > WINDOW_MOST ? lines.slice(-WINDOW_MOST) : lines };
}

export type Level = 'all' | 'warnings' | 'errors';

export function atLevel(lines: readonly LogLine[], level: Level): readonly LogLine[] {
  if (level === 'all') return lines;
  return lines.filter(
    ({ severity }) => severity === 'error' || (level === 'warnings' && severity === 'warning'),
  );
}

const ESCAPES =
  /\u001b\[[0-9;?]*[A-Za-z]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Text without escapes and control characters. */
export function plainText(text: string): string {
  return text.replace(ESCAPES, '');
}

export function hasEscapes(text: string): boolean {
  return text.includes('\u001b[');
}

/** Parts of a text with what matches marked; `query` is plain text, case does not matter. */
export function marked(text: string, query: string): { text: string; hit: boolean }[] {
  if (query === '') return [{ text, hit: false }];
  const parts: { text: string; hit: boolean }[] = [];
  const [low, wanted] = [text.toLowerCase(), query.toLowerCase()];
  let at = 0;
  for (let found = low.indexOf(wanted); found >= 0; found = low.indexOf(wanted, at)) {
    if (found > at) parts.push({ text: text.slice(at, found), hit: false });
    parts.push({ text: text.slice(found, found + wanted.length), hit: true });
    at = found + wanted.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), hit: false });
  return parts;
}

/** The hit after (or before) line `from`, around the end and on. */
export function nextHit(hits: readonly number[], from: number, way: 1 | -1): number | null {
  if (hits.length === 0) return null;
  if (way === 1) return hits.find((n) => n > from) ?? hits[0]!;
  return hits.findLast((n) => n < from) ?? hits.at(-1)!;
}
