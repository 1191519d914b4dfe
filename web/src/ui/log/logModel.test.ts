import { describe, expect, it } from 'vitest';
import type { LogLine } from '@/api/types';
import { addPiece, atLevel, EMPTY, marked, nextHit, plainText } from './logModel';

const line = (n: number, severity: LogLine['severity'] = 'none'): LogLine => ({
  n,
  offset: n * 10,
  text: `line ${n}`,
  severity,
});
const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => line(from + i));
const piece = (from: number, to: number, more = {}) => ({
  items: lines(from, to),
  next_offset: (to + 1) * 10,
  ...more,
});
const numbers = (window: { lines: readonly LogLine[] }) => window.lines.map((each) => each.n);

describe('the window of a log', () => {
  it('grows at both ends without a gap or a doubled line', () => {
    let window = addPiece(EMPTY, piece(5, 8, { lines_total: 8 }));
    window = addPiece(window, piece(9, 10));
    window = addPiece(window, piece(2, 5));
    expect(numbers(window)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(window.total).toBe(10);
  });
  it('a piece sent again after a reconnection changes nothing', () => {
    const window = addPiece(addPiece(EMPTY, piece(1, 4)), piece(3, 5));
    expect(numbers(window)).toEqual([1, 2, 3, 4, 5]);
    expect(numbers(addPiece(window, piece(3, 5)))).toEqual([1, 2, 3, 4, 5]);
  });
  it('a jump far away begins a new window', () => {
    const window = addPiece(addPiece(EMPTY, piece(90, 95, { lines_total: 95 })), piece(1, 3));
    expect(numbers(window)).toEqual([1, 2, 3]);
    expect(window.total).toBe(95);
  });
  it('what is written meanwhile does not move the view of one who looks elsewhere', () => {
    const window = addPiece(
      addPiece(EMPTY, piece(1, 3, { lines_total: 95 })),
      piece(96, 97),
      'stream',
    );
    expect(numbers(window)).toEqual([1, 2, 3]);
    expect(window.total).toBe(97);
  });
  it('an end without lines only says that it is complete', () => {
    const window = addPiece(addPiece(EMPTY, piece(1, 2)), {
      items: [],
      next_offset: 30,
      complete: true,
    });
    expect(window.complete).toBe(true);
    expect(numbers(window)).toEqual([1, 2]);
  });
});

it('severities are chosen', () => {
  const some = [line(1), line(2, 'warning'), line(3, 'error'), line(4, 'info')];
  expect(atLevel(some, 'all')).toHaveLength(4);
  expect(atLevel(some, 'warnings').map((each) => each.n)).toEqual([2, 3]);
  expect(atLevel(some, 'errors').map((each) => each.n)).toEqual([3]);
});

it('search marks each hit, whatever its case, and goes around the end', () => {
  expect(marked('Error: error', 'ERROR')).toEqual([
    { text: 'Error', hit: true },
    { text: ': ', hit: false },
    { text: 'error', hit: true },
  ]);
  expect(nextHit([3, 7, 9], 7, 1)).toBe(9);
  expect(nextHit([3, 7, 9], 9, 1)).toBe(3);
  expect(nextHit([3, 7, 9], 3, -1)).toBe(9);
  expect(nextHit([], 3, 1)).toBeNull();
});

it('escapes and control characters do not reach the page', () => {
  expect(plainText('\u001b[31mred\u001b[0m\u0007 \u001b]0;title\u0007end')).toBe('red end');
});
