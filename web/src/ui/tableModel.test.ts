import { expect, it } from 'vitest';
import { moveTo, rowsAsText } from './tableModel';

it('keys move within the table and never out of it', () => {
  expect(moveTo('ArrowDown', -1, 3, 10)).toBe(0);
  expect(moveTo('ArrowDown', 2, 3, 10)).toBe(2);
  expect(moveTo('ArrowUp', 0, 3, 10)).toBe(0);
  expect(moveTo('ArrowUp', -1, 3, 10)).toBe(2);
  expect(moveTo('PageDown', 1, 100, 10)).toBe(11);
  expect(moveTo('End', 0, 10_000, 10)).toBe(9_999);
  expect(moveTo('x', 0, 3, 10)).toBeNull();
  expect(moveTo('Home', 0, 0, 10)).toBeNull();
});

it('copied rows are lines of cells, whatever is in them', () => {
  const columns = [
    { head: 'A', text: (row: string[]) => row[0]! },
    { head: 'B', text: (row: string[]) => row[1]! },
  ];
  expect(rowsAsText([['x', 'two\nlines']], columns)).toBe('A\tB\nx\ttwo lines');
});
