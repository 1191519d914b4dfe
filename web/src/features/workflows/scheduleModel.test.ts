import { expect, it } from 'vitest';
import type { ScheduleDay, ScheduledRun, Start, TraceStep } from '@/api/types';
import { cellLines, dayLabel, monthPlan, nextLines, windowOf } from './scheduleModel';
import { readScheduleSearch } from './scheduleSearch';

const step = (name: string, code: string, facts: object = {}) =>
  ({ step: name, code, ...facts }) as unknown as TraceStep;
const closedDay = {
  open: false,
  calendar: 'jp',
  rule: 3,
  form: 'dates',
  title: '大晦日',
  title_en: '',
};

function run(local: string, date: string, more: Partial<ScheduledRun> = {}): ScheduledRun {
  return {
    trigger: 'nightly',
    origin: local.slice(0, 19),
    at: `${local.slice(0, 19)}Z`,
    local,
    timezone: 'Asia/Tokyo',
    business_date: date,
    state: 'planned',
    reason: null,
    detail: '',
    run: null,
    trace: [step('anchor', 'named', { date, rule: 'day: last' })],
    ...more,
  };
}
function day(date: string, runs: ScheduledRun[], more: Partial<ScheduleDay> = {}): ScheduleDay {
  return { date, weekday: 'mon', calendar: null, runs, more: 0, ...more };
}

const moved = run('2026-12-30T22:00:00+09:00', '2026-12-30', {
  trace: [
    step('anchor', 'named', { date: '2026-12-31', rule: 'day: last' }),
    step('shift', 'closed', { date: '2026-12-31', day: closedDay }),
    step('shift', 'moved', { rule: 'previous', from: '2026-12-31', to: '2026-12-30' }),
  ],
});

it('a moved start stands at both ends of its way', () => {
  const plan = monthPlan('ja', [
    day('2026-12-30', [moved]),
    day('2026-12-31', [], { calendar: closedDay }),
  ]);
  const [to, from] = ['2026-12-30', '2026-12-31'].map((date) => plan.days.get(date)!);
  expect(cellLines('ja', to!)).toEqual([{ kind: 'start', text: '22:00 ← 12/31' }]);
  expect(cellLines('ja', from!)).toEqual([{ kind: 'away', text: '22:00 → 12/30' }]);
  expect(dayLabel('ja', from!)).toBe('2026-12-31 (木): 休業日 (大晦日)、22:00 → 12/30');
  expect([plan.starts, plan.dropped, plan.zones]).toEqual([
    1,
    0,
    [{ name: 'Asia/Tokyo', shorts: ['JST'] }],
  ]);
});

it('a dropped date keeps its reason', () => {
  const plan = monthPlan('en', [
    day('2026-12-31', [
      run('2026-12-31T22:00:00+09:00', '2026-12-31', { state: 'bypassed', reason: 'closed_day' }),
    ]),
  ]);
  const only = plan.days.get('2026-12-31')!;
  expect(cellLines('en', only)).toEqual([{ kind: 'dropped', text: '22:00 a closed day' }]);
  expect(dayLabel('en', only)).toContain('no start: 22:00 a closed day');
  expect([plan.starts, plan.dropped]).toEqual([0, 1]);
});

it('hours past 24 belong to the date they are written for; many starts are counted', () => {
  const late = monthPlan('en', [
    day('2026-05-01', [run('2026-05-02T01:00:00+09:00', '2026-05-01')]),
  ]);
  expect(cellLines('en', late.days.get('2026-05-01')!)[0]!.text).toBe('25:00');
  const runs = ['09:00', '10:00', '11:00', '12:00'].map((time) =>
    run(`2026-05-01T${time}:00+09:00`, '2026-05-01'),
  );
  const many = monthPlan('en', [day('2026-05-01', runs)]).days.get('2026-05-01')!;
  expect(cellLines('en', many)).toEqual([{ kind: 'start', text: '4 starts 09:00–12:00' }]);
  const cut = monthPlan('en', [day('2026-05-01', runs, { more: 40 })]).days.get('2026-05-01')!;
  expect(cellLines('en', cut)).toEqual([{ kind: 'start', text: '44 starts from 09:00' }]);
});

it('triggers of several zones name theirs', () => {
  const plan = monthPlan('en', [
    day('2026-03-09', [
      run('2026-03-09T02:00:00+09:00', '2026-03-09'),
      run('2026-03-09T02:00:00-04:00', '2026-03-09', {
        timezone: 'America/New_York',
        at: '2026-03-09T06:00:00Z',
      }),
    ]),
  ]);
  expect(cellLines('en', plan.days.get('2026-03-09')!).map((line) => line.text)).toEqual([
    '02:00 JST',
    '02:00 EDT',
  ]);
});

it('a start that the clock moved says so; the zone names both of its times', () => {
  const early = (local: string, at: string, date: string, code: string) =>
    run(local, date, {
      at,
      timezone: 'America/New_York',
      trace: [step('clock', 'set', { time: '02:30' }), step('zone', code)],
    });
  const plan = monthPlan('en', [
    day('2026-03-07', [
      early('2026-03-07T02:30:00-05:00', '2026-03-07T07:30:00Z', '2026-03-07', 'unique'),
    ]),
    day('2026-03-08', [
      early('2026-03-08T03:00:00-04:00', '2026-03-08T07:00:00Z', '2026-03-08', 'gap_shifted'),
    ]),
  ]);
  const text = (date: string) => cellLines('en', plan.days.get(date)!)[0]!.text;
  expect(text('2026-03-07')).toBe('02:30');
  expect(text('2026-03-08')).toBe('03:00 (02:30 does not exist)');
  expect(plan.zones).toEqual([{ name: 'America/New_York', shorts: ['EST', 'EDT'] }]);
});

it('the address names a month or a day', () => {
  expect(readScheduleSearch({ month: '2026-12' })).toEqual({ month: '2026-12', day: undefined });
  expect(readScheduleSearch({ day: '2026-12-31', month: '2020-01' })).toEqual({
    month: '2026-12',
    day: '2026-12-31',
  });
  expect(readScheduleSearch({ month: '2026-13' })).toEqual({ month: undefined, day: undefined });
  expect(windowOf('2028-02')).toEqual({ from: '2028-02-01', until: '2028-02-29' });
});

it('the next starts come with what was dropped between them', () => {
  const start = (at: string, more: Partial<Start> = {}) =>
    ({ at, local: at, timezone: 'UTC', nominal: at, triggers: ['t'], ...more }) as Start;
  const lines = nextLines(
    'ja',
    [
      start('2026-12-30T13:00:00Z', { trace: moved.trace! }),
      start('2026-12-31T13:00:00Z', { dropped: 'closed_day' }),
      start('2027-01-04T13:00:00Z'),
      start('2027-01-05T13:00:00Z'),
    ],
    2,
  );
  expect(lines.map((line) => [line.dropped, line.reason])).toEqual([
    [false, '12/31(木) 休業日(大晦日) → 前の運用日 12/30(水)'],
    [true, '休業日'],
    [false, ''],
  ]);
});
