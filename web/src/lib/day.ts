/** Days of the civil calendar as text, `2026-11-20`: no instants, no zones. */

const DAY_MS = 86_400_000;

/** Days since 1970-01-01; NaN for what is no day. */
export function dayNumber(date: string): number {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return Number.NaN;
  const ms = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(ms) || dateOf(ms / DAY_MS) !== date ? Number.NaN : ms / DAY_MS;
}

export function dateOf(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}

export function isDay(text: string | undefined): text is string {
  return text !== undefined && !Number.isNaN(dayNumber(text));
}

export function addDays(date: string, days: number): string {
  return dateOf(dayNumber(date) + days);
}

/** 0 = Sunday … 6. */
export function weekdayOf(date: string): number {
  return (((dayNumber(date) + 4) % 7) + 7) % 7;
}

export function monthOf(date: string): string {
  return date.slice(0, 7);
}

/** `2026-11` → its last day. */
export function lastOfMonth(month: string): string {
  return addDays(`${addMonths(month, 1)}-01`, -1);
}

export function addMonths(month: string, count: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  const all = year * 12 + (number - 1) + count;
  return `${String(Math.floor(all / 12)).padStart(4, '0')}-${String((all % 12) + 1).padStart(2, '0')}`;
}

/** The same day of another month, or its last one. */
export function addMonthsToDay(date: string, count: number): string {
  const month = addMonths(monthOf(date), count);
  const last = lastOfMonth(month);
  const wanted = `${month}-${date.slice(8)}`;
  return wanted > last ? last : wanted;
}

/** Every day from the first to the last. */
export function daysBetween(first: string, last: string): string[] {
  const begin = dayNumber(first);
  return Array.from({ length: Math.max(0, dayNumber(last) - begin + 1) }, (_, i) =>
    dateOf(begin + i),
  );
}

/** Weeks of a month, Sunday first; null where a week reaches beyond it. */
export function weeksOf(month: string): (string | null)[][] {
  const first = `${month}-01`;
  const cells: (string | null)[] = Array.from({ length: weekdayOf(first) }, () => null);
  cells.push(...daysBetween(first, lastOfMonth(month)));
  while (cells.length % 7 !== 0) cells.push(null);
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

/** The day that a key leads to from another one, or null when the key is none of ours. */
export function dayByKey(key: string, from: string): string | null {
  switch (key) {
    case 'ArrowLeft':
      return addDays(from, -1);
    case 'ArrowRight':
      return addDays(from, 1);
    case 'ArrowUp':
      return addDays(from, -7);
    case 'ArrowDown':
      return addDays(from, 7);
    case 'PageUp':
      return addMonthsToDay(from, -1);
    case 'PageDown':
      return addMonthsToDay(from, 1);
    case 'Home':
      return `${monthOf(from)}-01`;
    case 'End':
      return lastOfMonth(monthOf(from));
    default:
      return null;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function written(date: string, lang: string, how: string, options: Intl.DateTimeFormatOptions) {
  const ms = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(ms)) return date;
  const locale = lang === 'en' ? 'en-GB' : lang;
  const key = `${locale} ${how}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options });
    formats.set(key, format);
  }
  return format.format(ms);
}

/** `12/31(木)`, `Thu 31 Dec`: in a sentence whose year is known. */
export function shortDay(date: string, lang: string): string {
  const text = written(date, lang, 'short', { month: 'short', day: 'numeric', weekday: 'short' });
  if (lang === 'en') return text.replace(',', '');
  return written(date, lang, 'ja', { month: 'numeric', day: 'numeric', weekday: 'short' });
}

/** `12/31`, `31 Dec`: where there is little room. */
export function dayAndMonth(date: string, lang: string): string {
  const month = lang === 'en' ? 'short' : 'numeric';
  return written(date, lang, `no-weekday ${month}`, { month, day: 'numeric' });
}

/** `土曜日`, `Saturday`. */
export function weekdayName(date: string, lang: string): string {
  return written(date, lang, 'weekday', { weekday: 'long' });
}

/** Names of the days of the week, Sunday first: `日`, `Sun`. */
export function weekdayNames(lang: string): string[] {
  return Array.from({ length: 7 }, (_, day) =>
    written(dateOf(3 + day), lang, 'weekday-short', { weekday: 'short' }),
  );
}

/** `2026年5月`, `May 2026`; `5月`, `May` without the year. */
export function monthName(month: string, lang: string, withYear = true): string {
  const options: Intl.DateTimeFormatOptions = { month: 'long' };
  if (withYear) options.year = 'numeric';
  return written(`${month}-01`, lang, `month ${withYear}`, options);
}
