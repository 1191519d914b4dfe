import { expect, it } from 'vitest';
import type { CalendarDay, CalendarRevision } from '@/api/types';
import {
  decidingRevision,
  faceOf,
  flowText,
  monthNotes,
  monthsOf,
  rulesOf,
  stopOf,
  yearDays,
} from './model';
import { readCalendarSearch } from './search';

const day = (date: string, open: boolean, more: Partial<CalendarDay> = {}): CalendarDay => ({
  date,
  weekday: 'mon',
  open,
  reason: { open, calendar: 'jp', rule: 'none', form: '', title: '', title_en: '' },
  month: { year: 2026, month: 5, first: '2026-05-01', last: '2026-05-31' },
  ...more,
});
const holiday = {
  open: false,
  calendar: 'jp',
  rule: 2,
  form: 'holidays',
  title: '憲法記念日',
  title_en: 'Constitution Day',
};

it('an address names a year or a day; nonsense names nothing', () => {
  expect(readCalendarSearch({ year: '2027' })).toEqual({ year: 2027, day: undefined });
  expect(readCalendarSearch({ year: '2027', day: '2026-05-03' })).toEqual({
    year: 2026,
    day: '2026-05-03',
  });
  expect(readCalendarSearch({ year: '1066' })).toEqual({ year: undefined, day: undefined });
  expect(readCalendarSearch({ day: '2026-02-30' })).toEqual({ year: undefined, day: undefined });
});

it('Tab leads to the chosen day, to today, or to the first of the year', () => {
  expect(stopOf(2026, '2026-05-03', '2026-11-28')).toBe('2026-05-03');
  expect(stopOf(2026, '2025-05-03', '2026-11-28')).toBe('2026-11-28');
  expect(stopOf(2027, undefined, '2026-11-28')).toBe('2027-01-01');
  expect(monthsOf(2027).at(-1)).toBe('2027-12');
});

it('a day says whether it is open and why; a holiday is told from a Saturday', () => {
  const saturday = { ...holiday, rule: 3, form: 'weekdays', title: '', title_en: '' };
  const year = yearDays([
    day('2026-05-01', true),
    day('2026-05-02', false, { reason: saturday }),
    day('2026-05-03', false, { reason: holiday }),
  ]);
  expect([year.open, year.closed, year.ownMonths]).toEqual([1, 2, false]);
  const face = (date: string) => faceOf('en', year, date, '2026-05-03');
  expect(face('2026-05-03').label).toBe('2026-05-03 (Sun) closed: Constitution Day, rule 2 of jp');
  expect(face('2026-05-03').signs).toMatchObject({
    'data-closed': 'true',
    'data-named': 'true',
    'data-today': 'true',
  });
  expect(face('2026-05-02').signs['data-named']).toBeUndefined();
  expect(face('2026-05-01').signs['data-closed']).toBeUndefined();
  expect(face('2026-05-04').signs).toEqual({ 'data-unknown': 'true' });
});

it('months that begin on the 21st are seen where they begin', () => {
  const may = { year: 2026, month: 5, first: '2026-04-21', last: '2026-05-20' };
  const year = yearDays([
    day('2026-04-21', true, { month: may }),
    day('2026-04-22', true, { month: may }),
  ]);
  expect(monthNotes('ja', year, '2026-04')).toBe('21日から5月度');
  expect(monthNotes('ja', year, '2026-05')).toBeUndefined();
  expect(faceOf('ja', year, '2026-04-21', '').label).toContain('5月度の初日');
  expect(faceOf('ja', year, '2026-04-22', '').label).not.toContain('初日');
});

it('the newest revision that is in effect decides a day; before all of them the oldest', () => {
  const revision = (number: number, effective_from: string | null) =>
    ({ revision: number, effective_from }) as CalendarRevision;
  const revisions = [
    revision(3, '2026-07-01'),
    revision(2, '2026-04-01'),
    revision(1, '2025-01-01'),
  ];
  expect(decidingRevision(revisions, '2026-07-01')).toBe(3);
  expect(decidingRevision(revisions, '2026-06-30')).toBe(2);
  expect(decidingRevision(revisions, '2020-01-01')).toBe(1);
  expect(decidingRevision([revision(4, null)], '2020-01-01')).toBe(4);
  expect(decidingRevision([], '2020-01-01')).toBeNull();
});

it('rules read as they were written', () => {
  expect(
    rulesOf({
      rules: [
        { open: { dates: ['2026-11-22'] }, title: '棚卸' },
        { closed: { weekday: { mon: [1, 3], fri: 'last' }, months: [3, 9] } },
      ],
    }),
  ).toEqual([
    { number: 1, open: true, text: 'dates: [2026-11-22]', title: '棚卸' },
    {
      number: 2,
      open: false,
      text: 'weekday: {mon: [1, 3], fri: last}, months: [3, 9]',
      title: '',
    },
  ]);
  expect(rulesOf({})).toEqual([]);
  expect(flowText({ all_of: ['a', { any_of: ['b'] }] })).toBe('{all_of: [a, {any_of: [b]}]}');
});
