import { expect, it } from 'vitest';
import type { BusinessDate, BusinessDateDetail } from '@/api/types';
import { howText, moveOf, stepTarget } from './model';

const at = (how: string, instant: string | null) =>
  ({ next: { date: '2026-05-07', how, at: instant, after: [] } }) as unknown as BusinessDate;

it('a move is a step, or the date that was typed; what is no date asks for nothing', () => {
  expect(moveOf('advance', true, '')).toEqual({ step: 'next' });
  expect(moveOf('back', true, '2026-05-01')).toEqual({ step: 'back' });
  expect(moveOf('back', false, '2026-05-01')).toEqual({ to: '2026-05-01' });
  expect(moveOf('advance', false, '2026-02-30')).toBeNull();
});

it('a step leads to the next date of the calendar, or back', () => {
  const date = { ...at('job', null), previous: '2026-04-30' } as BusinessDateDetail;
  expect(stepTarget('advance', date)).toBe('2026-05-07');
  expect(stepTarget('back', date)).toBe('2026-04-30');
  expect(stepTarget('advance', { ...date, next: null })).toBeNull();
});

it('it says when it moves, in the zone of the page, and what it waits for', () => {
  const clock = at('clock', '2026-05-01T20:00:00Z');
  expect(howText('ja', clock, 'Asia/Tokyo')).toBe('2026-05-02 05:00 JST');
  const both = at('clock_and_after', '2026-05-01T20:00:00Z');
  expect(howText('en', both, 'Asia/Tokyo')).toBe(
    'not before 2026-05-02 05:00 JST and after the workflows have ended well',
  );
  expect(howText('en', at('job', null), 'Asia/Tokyo')).toBe('by a job, or by hand');
  expect(howText('en', { next: null } as BusinessDate, 'UTC')).toBe('no further date');
});
