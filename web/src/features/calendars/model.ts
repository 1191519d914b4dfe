import type { CalendarDay, CalendarRevision } from '@/api/types';
import { type Lang, translator } from '@/i18n';
import { monthName, monthOf } from '@/lib/day';
import { valueText } from '@/lib/text';
import { dayText } from '@/lib/time';
import type { DayFace } from '@/ui/days/Month';
import { dayReasonText, isNamed } from '@/ui/traceModel';

export function monthsOf(year: number): string[] {
  return Array.from({ length: 12 }, (_, i) => `${year}-${String(i + 1).padStart(2, '0')}`);
}

/** The day that Tab leads to: the chosen one, today, or the first of the year. */
export function stopOf(year: number, chosen: string | undefined, today: string): string {
  const inYear = (date: string | undefined) => date?.startsWith(`${year}-`);
  if (chosen && inYear(chosen)) return chosen;
  return inYear(today) ? today : `${year}-01-01`;
}

export interface YearDays {
  days: ReadonlyMap<string, CalendarDay>;
  open: number;
  closed: number;
  /** Its months are not the civil ones: where they begin must be seen. */
  ownMonths: boolean;
}

export function yearDays(items: readonly CalendarDay[]): YearDays {
  const open = items.filter((day) => day.open).length;
  return {
    days: new Map(items.map((day) => [day.date, day])),
    open,
    closed: items.length - open,
    ownMonths: items.some((day) => day.month.first === day.date && !day.date.endsWith('-01')),
  };
}

/** `5月度`: what a month of the calendar is called. */
export function monthTitle(lang: Lang, month: CalendarDay['month']): string {
  const civil = `${month.year}-${String(month.month).padStart(2, '0')}`;
  return translator(lang)('cal.month', { month: monthName(civil, lang, false) });
}

export function faceOf(lang: Lang, year: YearDays, date: string, today: string): DayFace {
  const day = year.days.get(date);
  const t = translator(lang);
  const written = dayText(date, lang);
  if (!day) return { label: written, signs: { 'data-unknown': 'true' } };
  const first = year.ownMonths && day.month.first === date;
  const state = t(day.open ? 'cal.open' : 'cal.closed');
  const parts = [`${state}: ${dayReasonText(lang, day.reason, date)}`];
  if (first) parts.push(t('cal.month_first', { month: monthTitle(lang, day.month) }));
  const named = !day.open && isNamed(day.reason);
  return {
    label: `${written} ${parts.join(t('view.list_separator'))}`,
    signs: {
      'data-closed': day.open ? undefined : 'true',
      'data-named': named ? 'true' : undefined,
      'data-month-first': first ? 'true' : undefined,
      'data-today': date === today ? 'true' : undefined,
    },
  };
}

/** `21日から 5月度`: the months of the calendar that begin in a civil month. */
export function monthNotes(lang: Lang, year: YearDays, month: string): string | undefined {
  if (!year.ownMonths) return undefined;
  const t = translator(lang);
  const notes = [...year.days.values()]
    .filter((day) => monthOf(day.date) === month && day.month.first === day.date)
    .map((day) =>
      t('cal.month_from', { day: Number(day.date.slice(8)), month: monthTitle(lang, day.month) }),
    );
  return notes.join(t('view.list_separator')) || undefined;
}

/** The revision that decides a day: the newest whose effective_from is not after it; before all of them the
 * oldest. revisions: newest first. */
export function decidingRevision(
  revisions: readonly CalendarRevision[],
  date: string,
): number | null {
  const found = revisions.find((each) => !each.effective_from || each.effective_from <= date);
  return (found ?? revisions.at(-1))?.revision ?? null;
}

export interface RuleRow {
  number: number;
  open: boolean;
  text: string;
  title: string;
}

/** A value as it stands in a definition, on one line. */
export function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return valueText(value);
  return `{${Object.entries(value)
    .map(([key, each]) => `${key}: ${flowText(each)}`)
    .join(', ')}}`;
}

/** The rules of a calendar in order: the first that matches a day decides it. */
export function rulesOf(definition: Record<string, unknown>): RuleRow[] {
  const rules = Array.isArray(definition['rules']) ? definition['rules'] : [];
  return rules.map((rule: Record<string, unknown>, index) => ({
    number: index + 1,
    open: 'open' in rule,
    text: flowText(rule['open'] ?? rule['closed']).replace(/^\{(.*)\}$/, '$1'),
    title: valueText(rule['title'] ?? ''),
  }));
}
