import { expect, it } from 'vitest';
import { filterOf, hasFilter, presetOf, readRunsSearch } from './model';

it('the address says what the list shows', () => {
  const search = readRunsSearch({
    state: 'failed,killed',
    workflow: 'daily_close',
    date: '2026-11-20',
    other: 1,
  });
  expect(filterOf(search)).toEqual({
    workflow: 'daily_close',
    date: '2026-11-20',
    state: ['failed', 'killed'],
  });
  expect(hasFilter(search)).toBe(true);
});

it('what is no state or no date is left out, not sent', () => {
  const search = readRunsSearch({ state: 'failed,pretty', date: 'tomorrow' });
  expect(filterOf(search)).toEqual({ workflow: undefined, date: undefined, state: ['failed'] });
  expect(filterOf({})).toEqual({ workflow: undefined, date: undefined, state: undefined });
});

it('a ready-made choice is recognised in an address', () => {
  expect(presetOf(undefined)).toBe('all');
  expect(presetOf('failed,killed,interrupted')).toBe('attention');
  expect(presetOf('failed')).toBeNull();
});
