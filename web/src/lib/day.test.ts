import { expect, it } from 'vitest';
import {
  addDays,
  addMonthsToDay,
  dayAndMonth,
  dayByKey,
  dayNumber,
  isDay,
  lastOfMonth,
  monthName,
  shortDay,
  weekdayName,
  weekdayNames,
  weekdayOf,
  weeksOf,
} from './day';

it('days are counted without clocks; what is no day is none', () => {
  expect(dayNumber('1970-01-01')).toBe(0);
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
  expect(addDays('2024-03-01', -1)).toBe('2024-02-29');
  expect(weekdayOf('1969-12-31')).toBe(3);
  expect(weekdayOf('2026-05-03')).toBe(0);
  expect(['2026-02-29', '2026-2-1', '', undefined].map(isDay)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

it('weeks of a month begin on Sunday and hold nothing of its neighbours', () => {
  const weeks = weeksOf('2026-05');
  expect(weeks).toHaveLength(6);
  expect(weeks[0]).toEqual([null, null, null, null, null, '2026-05-01', '2026-05-02']);
  expect(weeks.at(-1)).toEqual(['2026-05-31', null, null, null, null, null, null]);
  expect(weeksOf('2026-02')).toHaveLength(4);
});

it('keys lead over months and years; the 31st becomes the last day', () => {
  const from = '2026-12-31';
  expect(dayByKey('ArrowRight', from)).toBe('2027-01-01');
  expect(dayByKey('ArrowUp', from)).toBe('2026-12-24');
  expect(dayByKey('PageDown', '2027-01-31')).toBe('2027-02-28');
  expect(dayByKey('PageUp', from)).toBe('2026-11-30');
  expect(dayByKey('Home', from)).toBe('2026-12-01');
  expect(dayByKey('End', '2028-02-03')).toBe('2028-02-29');
  expect(dayByKey('x', from)).toBeNull();
  expect(addMonthsToDay('2026-01-15', -1)).toBe('2025-12-15');
  expect(lastOfMonth('2026-11')).toBe('2026-11-30');
});

it('days are written as people of the language write them', () => {
  expect(shortDay('2026-12-31', 'ja')).toBe('12/31(木)');
  expect(shortDay('2026-12-31', 'en')).toBe('Thu 31 Dec');
  expect(dayAndMonth('2026-12-31', 'ja')).toBe('12/31');
  expect(dayAndMonth('2026-12-31', 'en')).toBe('31 Dec');
  expect(weekdayName('2026-05-02', 'ja')).toBe('土曜日');
  expect(weekdayNames('ja').join('')).toBe('日月火水木金土');
  expect(monthName('2026-05', 'ja')).toBe('2026年5月');
  expect(monthName('2026-05', 'en', false)).toBe('May');
  expect(shortDay('some day', 'en')).toBe('some day');
});
