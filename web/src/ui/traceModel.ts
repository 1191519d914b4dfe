import type { DayReason, TraceStep } from '@/api/types';
import { type Args, type Lang, lookup } from '@/i18n';
import { dayNumber, shortDay, weekdayName } from '@/lib/day';
import { valueText } from '@/lib/text';
import { dayText, zoneShort } from '@/lib/time';

/** What decides a day, and the way from a rule to a start, in words: made from codes and facts, with the
 * same sentences as on the command line (src/cli/catalogue_schedule.h). */

/** `2026-12-31T25:00:00+09:00` → `12/31(木) 25:00`; seconds only when there are some. */
export function localText(lang: Lang, local: string): string {
  const [date = '', clock = ''] = local.split('T');
  const found = /^(\d\d:\d\d)(?::(\d\d))?/.exec(clock);
  if (!found) return local;
  const seconds = found[2] && found[2] !== '00' ? `:${found[2]}` : '';
  return `${shortDay(date, lang)} ${found[1]}${seconds}`;
}

/** The hours of a local reading, counted from midnight of its business date: `25:00`. */
export function clockOn(local: string, businessDate: string): string {
  const [date = '', clock = ''] = local.split('T');
  const days = dayNumber(date) - dayNumber(businessDate);
  const found = /^(\d\d):(\d\d)(?::(\d\d))?/.exec(clock);
  if (!found || Number.isNaN(days) || days < 0 || days > 1) return localText('en', local);
  const seconds = found[3] && found[3] !== '00' ? `:${found[3]}` : '';
  return `${String(Number(found[1]) + days * 24).padStart(2, '0')}:${found[2]}${seconds}`;
}

/** The forms by which a rule matched, in the words of the language. */
function formText(lang: Lang, reason: Partial<DayReason>, date: string): string {
  const forms = (reason.form ?? '').split(' ').filter((form) => form !== '');
  if (forms.includes('weekdays') || forms.includes('weekday')) return weekdayName(date, lang);
  const words = forms.map((form) => lookup(lang, `form.${form}`, {}) ?? form);
  return words.join(lookup(lang, 'view.list_separator', {}) ?? ', ');
}

/** What the day is called: the holiday, the title of the rule, the day of the week. */
export function dayTitle(lang: Lang, reason: Partial<DayReason>, date: string): string {
  const title = (lang === 'en' && reason.title_en) || reason.title || '';
  return title || formText(lang, reason, date);
}

/** Closed or open for its own sake, such as a holiday, and not for its day of the week. */
export function isNamed(reason: Partial<DayReason>): boolean {
  return Boolean(reason.title) || (Boolean(reason.form) && !/weekday/.test(reason.form ?? ''));
}

/** The rule behind a day: `jp_business の規則 2`. Empty: there is no calendar. */
export function dayRule(lang: Lang, reason: Partial<DayReason>): string {
  const { rule = 'none', calendar = '' } = reason;
  if (rule === 'none' && calendar === '') return '';
  const args = { calendar, rule: String(rule) };
  if (typeof rule === 'number') return lookup(lang, 'day.rule', args) ?? '';
  const key = rule === 'combined' && calendar !== '' ? 'day.combined_of' : `day.${rule}`;
  return lookup(lang, key, args) ?? rule;
}

/** Why a day is open or closed: `憲法記念日、jp_business の規則 2`. */
export function dayReasonText(lang: Lang, reason: Partial<DayReason>, date: string): string {
  const parts = [dayTitle(lang, reason, date), dayRule(lang, reason)].filter((part) => part !== '');
  return parts.join(lookup(lang, 'view.list_separator', {}) ?? ', ');
}

function bracketed(lang: Lang, reason: string): string {
  return reason === '' ? '' : (lookup(lang, 'day.reason', { reason }) ?? '');
}

const FULL_DATES: ReadonlySet<string> = new Set(['anchor', 'validity']);

function signed(value: unknown): string {
  const number = Number(value);
  return number > 0 ? `+${number}` : String(value).replace('-', '−');
}

/** `Sun 8 Mar 03:00 EDT`: with the name of the zone's time at that instant. */
function localWithZone(lang: Lang, step: TraceStep): string {
  const at = Date.parse(valueText(step['at'] ?? ''));
  const text = localText(lang, valueText(step['local'] ?? ''));
  if (Number.isNaN(at)) return text;
  return `${text} ${zoneShort(valueText(step['timezone'] ?? 'UTC'), at)}`;
}

function argText(lang: Lang, step: TraceStep, name: string, value: unknown): string {
  switch (name) {
    case 'date':
    case 'from':
    case 'to':
    case 'until': {
      const date = valueText(value);
      return FULL_DATES.has(step.step) ? dayText(date, lang) : shortDay(date, lang);
    }
    case 'day':
      return bracketed(
        lang,
        dayReasonText(lang, value as DayReason, valueText(step['date'] ?? '')),
      );
    case 'title':
      return bracketed(lang, valueText(value));
    case 'days':
      return signed(value);
    case 'rule':
      return value === 'clock' ? (lookup(lang, 'sched.clock_rule', {}) ?? '') : valueText(value);
    case 'local':
      return step.step === 'zone' && step.code !== 'unique'
        ? localWithZone(lang, step)
        : localText(lang, valueText(value));
    case 'origin':
      return localText(lang, valueText(value));
    default:
      return valueText(value);
  }
}

/** One step in words; what is unknown here is shown as it came. */
export function stepText(lang: Lang, step: TraceStep): string {
  const args: Args = {};
  for (const [name, value] of Object.entries(step)) args[name] = argText(lang, step, name, value);
  const key = `step.${step.step}.${step.code}`;
  // The closed-day rule, or what an offset counts, makes a sentence of its own.
  const special = valueText((step.step === 'shift' ? step['rule'] : step['count']) ?? '');
  const text = lookup(lang, `${key}.${special}`, args) ?? lookup(lang, key, args);
  if (text !== null) return text;
  const facts = Object.entries(args).filter(([name]) => name !== 'step' && name !== 'code');
  return [key.slice(5), ...facts.map(([name, value]) => `${name}=${value}`)].join(' ');
}

export interface Told {
  step: TraceStep['step'];
  code: string;
  text: string;
  /** It changes or ends the way of the date: not just "and nothing happened here". */
  weighs: boolean;
}

const QUIET: ReadonlySet<string> = new Set([
  'anchor.named',
  'shift.open',
  'exclude.free',
  'validity.valid',
  'clock.set',
  'zone.unique',
]);

export function traceTexts(lang: Lang, trace: readonly TraceStep[]): Told[] {
  return trace.map((step) => ({
    step: step.step,
    code: step.code,
    text: stepText(lang, step),
    weighs: !QUIET.has(`${step.step}.${step.code}`),
  }));
}

/** The day that the rule names, before anything shifted it. */
export function anchorOf(trace: readonly TraceStep[] | null | undefined): string | null {
  const anchor = trace?.find((step) => step.step === 'anchor');
  return typeof anchor?.['date'] === 'string' ? anchor['date'] : null;
}

/** The rule that names the day, as the definition has it. */
export function ruleOf(lang: Lang, trace: readonly TraceStep[] | null | undefined): string {
  const anchor = trace?.find((step) => step.step === 'anchor');
  return anchor ? argText(lang, anchor, 'rule', anchor['rule'] ?? '') : '';
}

/** What goes without saying beside the rest: of a closed day that it was dropped. */
const UNSAID: ReadonlySet<string> = new Set(['spread', 'skip']);

const SHIFTS: Record<string, string> = {
  previous: 'sched.previous',
  next: 'sched.next_open',
  nearest: 'sched.nearest',
};

function shortStep(lang: Lang, step: TraceStep): string {
  const word = (key: string, args: Args = {}) => lookup(lang, key, args) ?? '';
  const date = (name: string) => shortDay(valueText(step[name] ?? ''), lang);
  switch (`${step.step}.${step.code}`) {
    case 'shift.closed': {
      const title = dayTitle(lang, (step['day'] ?? {}) as DayReason, valueText(step['date'] ?? ''));
      return word(title ? 'sched.closed_titled' : 'sched.closed', { date: date('date'), title });
    }
    case 'shift.moved':
      return `→ ${word(SHIFTS[valueText(step['rule'])] ?? '')} ${date('to')}`;
    case 'offset.moved':
      return `→ ${word('sched.offset', {
        days: signed(step['days']),
        count: word(`sched.${step['count']}`),
        to: date('to'),
      })}`;
    case 'zone.gap_shifted':
    case 'zone.gap_skipped':
    case 'zone.first_of_two':
    case 'zone.second_of_two':
      return word(`sched.${step.code}`, {
        time: valueText(step['time'] ?? ''),
        to: localWithZone(lang, step),
      });
    default:
      return stepText(lang, step);
  }
}

/** What made the start other than its rule says, on one line: `12/31(木) 休業日(大晦日) → 前の運用日
 * 12/30(水)`. Empty: nothing did. */
export function shortReason(lang: Lang, trace: readonly TraceStep[] | null | undefined): string {
  if (!trace) return '';
  const clock = trace.find((step) => step.step === 'clock');
  const facts = trace
    .filter((step) => !QUIET.has(`${step.step}.${step.code}`) && !UNSAID.has(step.code))
    .map((step) => (step.step === 'zone' && clock ? { ...step, time: clock['time'] } : step));
  return facts.reduce((line, step) => {
    const text = shortStep(lang, step);
    const joint = line === '' ? '' : text.startsWith('→') ? ' ' : ' · ';
    return line + joint + text;
  }, '');
}

/** What the clock of the zone did to a start, in a few words: `02:30 does not exist`. Empty: nothing. */
export function clockNote(lang: Lang, trace: readonly TraceStep[] | null | undefined): string {
  const zone = trace?.find((step) => step.step === 'zone');
  const clock = trace?.find((step) => step.step === 'clock');
  if (!zone || zone.code === 'unique') return '';
  const key = zone.code === 'gap_shifted' ? 'gap_skipped' : `${zone.code}_short`;
  return lookup(lang, `sched.${key}`, { time: valueText(clock?.['time'] ?? '') }) ?? '';
}
