import type { ScheduleDay, ScheduledRun, Start } from '@/api/types';
import { type Lang, lookup, stateWord, translator } from '@/i18n';
import { dayAndMonth, lastOfMonth } from '@/lib/day';
import { dayText, zoneShort } from '@/lib/time';
import {
  anchorOf,
  clockNote,
  clockOn,
  dayReasonText,
  dayTitle,
  isNamed,
  shortReason,
} from '@/ui/traceModel';

/** What a date does: it starts, it was dropped, or its start went to another date. */
export type Kind = 'start' | 'dropped' | 'away';

export interface Entry {
  kind: Kind;
  run: ScheduledRun;
  /** Hours from midnight of the business date, `25:00`; with the zone when the triggers have several. */
  clock: string;
  /** What the clock of the zone did to it: `02:30 does not exist`; empty: nothing. */
  note: string;
  /** The date that the rule names, when the start is on another one. */
  from: string | null;
  /** Where it went, of one that is away. */
  to: string | null;
}

export interface MonthDay {
  date: string;
  closed: boolean;
  /** Why the calendar closes or opens it, in words; empty: no trigger has a calendar. */
  why: string;
  title: string;
  entries: Entry[];
  more: number;
}

export interface MonthPlan {
  days: ReadonlyMap<string, MonthDay>;
  /** Zones of the triggers, the first one first, with what their time is called: `JST`; `EST, EDT`. */
  zones: { name: string; shorts: string[] }[];
  starts: number;
  dropped: number;
}

function isStart(run: ScheduledRun): boolean {
  return run.state === 'planned' || run.state === 'started' || run.state === 'held';
}

function shortOf(run: ScheduledRun): string {
  return zoneShort(run.timezone, Date.parse(run.at));
}

function zonesOf(items: readonly ScheduleDay[]): MonthPlan['zones'] {
  const found = new Map<string, Set<string>>();
  for (const run of items.flatMap((day) => day.runs)) {
    const shorts = found.get(run.timezone) ?? new Set();
    found.set(run.timezone, shorts.add(shortOf(run)));
  }
  return [...found].map(([name, shorts]) => ({ name, shorts: [...shorts] }));
}

/** Days of the answer by date; what was moved stands at both ends of its way. */
export function monthPlan(lang: Lang, items: readonly ScheduleDay[]): MonthPlan {
  const days = new Map<string, MonthDay>();
  const zones = zonesOf(items);
  for (const { date, calendar, more } of items) {
    days.set(date, {
      date,
      closed: calendar?.open === false,
      why: calendar ? dayReasonText(lang, calendar, date) : '',
      title: calendar?.open === false && isNamed(calendar) ? dayTitle(lang, calendar, date) : '',
      entries: [],
      more,
    });
  }
  const clockOf = (run: ScheduledRun, date: string) => {
    const clock = clockOn(run.local, date);
    return zones.length > 1 ? `${clock} ${shortOf(run)}` : clock;
  };
  let starts = 0;
  let dropped = 0;
  for (const { date, runs } of items) {
    for (const run of runs) {
      const anchor = anchorOf(run.trace);
      const [clock, note] = [clockOf(run, date), clockNote(lang, run.trace)];
      if (!isStart(run)) {
        dropped += 1;
        days.get(date)!.entries.push({ kind: 'dropped', run, clock, note, from: null, to: null });
        continue;
      }
      starts += 1;
      const from = anchor !== null && anchor !== date ? anchor : null;
      days.get(date)!.entries.push({ kind: 'start', run, clock, note, from, to: null });
      if (from === null) continue;
      days.get(from)?.entries.push({ kind: 'away', run, clock, note, from: null, to: date });
    }
  }
  return { days, zones, starts, dropped };
}

/** Lines of a cell: the first few, or the number of starts when there are many. */
export interface CellLine {
  kind: Kind;
  text: string;
}
const LINES_MOST = 3;

export function entryText(lang: Lang, entry: Entry): string {
  const t = translator(lang);
  const time = entry.note ? `${entry.clock} (${entry.note})` : entry.clock;
  switch (entry.kind) {
    case 'start':
      return entry.from ? t('sched.came', { time, from: dayAndMonth(entry.from, lang) }) : time;
    case 'away':
      return t('sched.went', { time, to: dayAndMonth(entry.to ?? '', lang) });
    case 'dropped':
      return `${entry.clock} ${whyNot(lang, entry.run)}`;
  }
}

/** Why there is no start, in a few words. */
export function whyNot(lang: Lang, run: ScheduledRun): string {
  const word = run.reason ? lookup(lang, `miss.${run.reason}`, {}) : null;
  return word ?? run.reason ?? stateWord(lang, run.state);
}

export function cellLines(lang: Lang, day: MonthDay): CellLine[] {
  const lines = (entries: Entry[]) =>
    entries.map((entry) => ({ kind: entry.kind, text: entryText(lang, entry) }));
  const starts = day.entries.filter((entry) => entry.kind === 'start');
  const others = day.entries.filter((entry) => entry.kind !== 'start');
  const total = starts.length + day.more;
  if (total + others.length <= LINES_MOST) return [...lines(starts), ...lines(others)];
  const t = translator(lang);
  const shown: CellLine[] = [];
  if (total === 1) shown.push(...lines(starts));
  else if (total > 1) {
    const [first, last] = [starts[0]!.clock, starts.at(-1)!.clock];
    const text =
      day.more > 0
        ? t('sched.many_from', { n: total, first })
        : t('sched.many', { n: total, first, last });
    shown.push({ kind: 'start', text });
  }
  const room = LINES_MOST - shown.length;
  if (others.length <= room) return [...shown, ...lines(others)];
  const dropped = others.filter((entry) => entry.kind === 'dropped').length;
  const away = others.length - dropped;
  if (dropped > 0) shown.push({ kind: 'dropped', text: t('sched.many_dropped', { n: dropped }) });
  if (away > 0) shown.push({ kind: 'away', text: t('sched.many_away', { n: away }) });
  return shown;
}

/** The whole day in a sentence: what is read out. */
export function dayLabel(lang: Lang, day: MonthDay): string {
  const t = translator(lang);
  const lines = cellLines(lang, day).map((line) =>
    line.kind === 'dropped' ? t('sched.not_started', { what: line.text }) : line.text,
  );
  if (lines.length === 0) lines.push(t('sched.nothing'));
  if (day.closed) lines.unshift(t('cal.closed') + (day.title && ` (${day.title})`));
  return `${dayText(day.date, lang)}: ${lines.join(t('view.list_separator'))}`;
}

/** The window of the API for a month. */
export function windowOf(month: string): { from: string; until: string } {
  return { from: `${month}-01`, until: lastOfMonth(month) };
}

export interface NextLine {
  key: string;
  start: Start;
  dropped: boolean;
  /** What made it other than its rule says. */
  reason: string;
}

/** The next starts with the dates that are dropped between them; of `most` starts. */
export function nextLines(lang: Lang, starts: readonly Start[], most: number): NextLine[] {
  const lines: NextLine[] = [];
  let count = 0;
  for (const start of starts) {
    const dropped = start.dropped !== undefined && start.dropped !== 'none';
    if (!dropped && ++count > most) break;
    const why = shortReason(lang, start.trace as never);
    const word = dropped ? (lookup(lang, `miss.${start.dropped}`, {}) ?? start.dropped ?? '') : '';
    lines.push({
      key: `${start.at} ${start.nominal} ${start.triggers.join()}`,
      start,
      dropped,
      reason: why || word,
    });
  }
  return lines;
}
