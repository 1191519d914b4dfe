/** Row that a key leads to, or null when the key is none of the table's. */
export function moveTo(key: string, at: number, count: number, page: number): number | null {
  if (count === 0) return null;
  const clamp = (row: number) => Math.min(count - 1, Math.max(0, row));
  switch (key) {
    case 'ArrowDown':
      return clamp(at + 1);
    case 'ArrowUp':
      return clamp(at < 0 ? count - 1 : at - 1);
    case 'PageDown':
      return clamp(at + page);
    case 'PageUp':
      return clamp(at - page);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

interface TextColumn<T> {
  head: string;
  text: (row: T) => string;
}

/** Tab-separated, with the heads: what a spreadsheet takes. */
export function rowsAsText<T>(rows: readonly T[], columns: readonly TextColumn<T>[]): string {
  const clean = (text: string) => text.replace(/[\t\n]+/g, ' ');
  const lines = [
    columns.map((column) => column.head),
    ...rows.map((row) => columns.map((column) => column.text(row))),
  ];
  return lines.map((cells) => cells.map(clean).join('\t')).join('\n');
}
