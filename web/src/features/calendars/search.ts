import { isDay } from '@/lib/day';

export const FIRST_YEAR = 1970;
export const LAST_YEAR = 2100;

export interface CalendarSearch {
  year?: number | undefined;
  /** The chosen day: it decides the year. */
  day?: string | undefined;
}

/** The address as it may have been typed: what makes no sense is left out. */
export function readCalendarSearch(search: Record<string, unknown>): CalendarSearch {
  const day = typeof search['day'] === 'string' && isDay(search['day']) ? search['day'] : undefined;
  const year = Number(day ? day.slice(0, 4) : search['year']);
  const known = Number.isInteger(year) && year >= FIRST_YEAR && year <= LAST_YEAR;
  return { year: known ? year : undefined, day: known ? day : undefined };
}
