import { expect, it } from 'vitest';
import type { TraceStep } from '@/api/types';
import {
  anchorOf,
  clockOn,
  dayReasonText,
  localText,
  ruleOf,
  shortReason,
  stepText,
  traceTexts,
} from './traceModel';

const step = (name: TraceStep['step'], code: string, facts: Record<string, unknown> = {}) =>
  ({ step: name, code, ...facts }) as TraceStep;

const shifted = [
  step('anchor', 'named', { date: '2026-12-31', rule: 'day: last' }),
  step('shift', 'closed', {
    date: '2026-12-31',
    day: { open: false, calendar: 'jpbank', rule: 3, form: 'dates', title: '大晦日' },
  }),
  step('shift', 'moved', { rule: 'previous', from: '2026-12-31', to: '2026-12-30', days: -1 }),
  step('clock', 'set', { time: '25:00', date: '2026-12-30', local: '2026-12-31T01:00:00' }),
  step('zone', 'unique', {
    timezone: 'Asia/Tokyo',
    at: '2026-12-30T16:00:00Z',
    local: '2026-12-31T01:00:00+09:00',
  }),
];

it('a shifted start says the day, why it is closed, and where it went', () => {
  expect(shortReason('ja', shifted)).toBe('12/31(木) 休業日(大晦日) → 前の運用日 12/30(水)');
  expect(shortReason('en', shifted)).toBe(
    'Thu 31 Dec closed (大晦日) → previous open day Wed 30 Dec',
  );
  expect(anchorOf(shifted)).toBe('2026-12-31');
  expect(ruleOf('ja', shifted)).toBe('day: last');
});

it('every step is told; those that change nothing weigh nothing', () => {
  const told = traceTexts('ja', shifted);
  expect(told.map((each) => each.text)).toEqual([
    '2026-12-31 (木) は規則 day: last の対象日',
    '12/31(木) は休業日(大晦日、jpbank の規則 3)',
    '前の運用日 12/30(水) へ移動 (−1 日)',
    '12/30(水) の 25:00: 12/31(木) 01:00',
    '起動時刻 12/31(木) 01:00 (Asia/Tokyo)',
  ]);
  expect(told.map((each) => each.weighs)).toEqual([false, true, true, false, false]);
});

it('a start that follows its rule has no reason besides it', () => {
  expect(shortReason('ja', [shifted[0]!, step('shift', 'open', { date: '2026-12-30' })])).toBe('');
  expect(shortReason('ja', null)).toBe('');
  expect(anchorOf(null)).toBeNull();
});

it('offsets count in open or calendar days; a way that leads too far says its limit', () => {
  const moved = step('offset', 'moved', {
    from: '2026-02-13',
    to: '2026-02-10',
    days: -2,
    count: 'open_days',
  });
  expect(shortReason('ja', [moved])).toBe('→ 起算 −2 運用日 2/10(火)');
  expect(stepText('en', moved)).toBe('offset of −2 open days: Fri 13 Feb → Tue 10 Feb');
  expect(stepText('ja', step('shift', 'too_far', { rule: 'next', max_shift: 2 }))).toBe(
    '後 2 日以内に運用日がないため起動しない',
  );
  expect(stepText('en', step('offset', 'too_far', { days: 3, count: 'days', limit: 2 }))).toBe(
    'offset of +3 days goes further than 2 days: no start',
  );
});

it('gaps and folds of the clock are named, with the time that is meant', () => {
  const at = (code: string, instant: string, local: string) => [
    step('clock', 'set', { time: '02:30', date: local.slice(0, 10), local }),
    step('zone', code, { timezone: 'America/New_York', at: instant, local }),
  ];
  const gap = at('gap_shifted', '2026-03-08T07:00:00Z', '2026-03-08T03:00:00-04:00');
  expect(shortReason('en', gap)).toBe('02:30 does not exist → Sun 8 Mar 03:00 EDT');
  expect(shortReason('ja', gap)).toBe('02:30 は存在しない → 3/8(日) 03:00 EDT');
  const second = at('second_of_two', '2026-11-01T06:30:00Z', '2026-11-01T01:30:00-05:00');
  expect(shortReason('ja', second)).toBe('02:30 は 2 度ある(2 度目: 11/1(日) 01:30 EST)');
});

it('exclusions and merged starts are told', () => {
  expect(
    stepText('ja', step('exclude', 'excluded_date', { date: '2026-12-31', title: '棚卸' })),
  ).toBe('12/31(木) は除外日(棚卸)のため起動しない');
  expect(stepText('ja', step('exclude', 'excluded_date', { date: '2026-12-31', title: '' }))).toBe(
    '12/31(木) は除外日のため起動しない',
  );
  expect(
    shortReason('en', [
      step('exclude', 'excluded_workflow', { date: '2026-06-30', workflow: 'stocktaking' }),
    ]),
  ).toBe('stocktaking is planned for Tue 30 Jun: no start');
  expect(stepText('en', step('merge', 'superseded', { origin: '2026-05-01T22:00:00' }))).toBe(
    'the same instant as Fri 1 May 22:00: one start',
  );
});

it('spread starts say by how much', () => {
  const told = traceTexts('en', [
    shifted[4]!,
    step('jitter', 'spread', { by: '1m30s', at: '2026-12-30T16:01:30Z' }),
  ]);
  expect(told[1]!.text).toBe('starts are spread: 1m30s later');
});

it('a day says its holiday, its weekday, or that nothing matched', () => {
  const reason = { open: false, calendar: 'jp', rule: 2, form: 'holidays', title: '憲法記念日' };
  const day = { ...reason, title_en: 'Constitution Day' };
  expect(dayReasonText('ja', day, '2026-05-03')).toBe('憲法記念日、jp の規則 2');
  expect(dayReasonText('en', day, '2026-05-03')).toBe('Constitution Day, rule 2 of jp');
  const saturday = { open: false, calendar: 'jp', rule: 3, form: 'weekdays' };
  expect(dayReasonText('ja', saturday, '2026-05-02')).toBe('土曜日、jp の規則 3');
  expect(dayReasonText('ja', { open: true, calendar: 'jp', rule: 'none' }, '2026-05-01')).toBe(
    'jp に当てはまる規則なし',
  );
  expect(dayReasonText('en', { open: true, rule: 'none' }, '2026-05-01')).toBe('');
  expect(
    dayReasonText('en', { open: false, calendar: 'jp', rule: 'not_valid' }, '2026-05-01'),
  ).toBe('outside the validity of jp');
  const combined = { calendar: 'stock', form: 'none_of', title: '棚卸' };
  expect(dayReasonText('ja', { ...combined, open: false, rule: 'combined' }, '2026-05-01')).toBe(
    '棚卸、組み合わせ中の stock による',
  );
});

it('a code that is newer than this page is shown as it came', () => {
  expect(stepText('ja', step('shift', 'teleported', { by: 3 }))).toBe('shift.teleported by=3');
});

it('clock times are counted from the business date', () => {
  expect(clockOn('2026-05-02T01:00:00+09:00', '2026-05-01')).toBe('25:00');
  expect(clockOn('2026-05-01T09:30:05+09:00', '2026-05-01')).toBe('09:30:05');
  expect(clockOn('2026-05-03T01:00:00+09:00', '2026-05-01')).toBe('Sun 3 May 01:00');
  expect(localText('ja', '2026-05-01T09:30:00+09:00')).toBe('5/1(金) 09:30');
});
