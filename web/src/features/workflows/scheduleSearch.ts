import { isDay, monthOf } from '@/lib/day';

export interface ScheduleSearch {
  /** `2026-12`: the month that is shown. */
  month?: string | undefined;
  /** The chosen day: it decides the month. */
  day?: string | undefined;
}

export function readScheduleSearch(search: Record<string, unknown>): ScheduleSearch {
  const text = (name: string) => (typeof search[name] === 'string' ? search[name] : undefined);
  const [day, month] = [text('day'), text('month')];
  if (isDay(day)) return { month: monthOf(day), day };
  return { month: isDay(`${month}-01`) ? month : undefined, day: undefined };
}
