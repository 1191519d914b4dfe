import { expect, it } from 'vitest';
import type { Run } from '@/api/types';
import { folderTree, jobCount, lastedOf, percentile, rangeOf, tabOf } from './model';

const folder = (name: string, workflows: number) => ({ name, title: '', labels: {}, workflows });

it('folders are a tree in reading order, with those between that nobody defined', () => {
  const tree = folderTree([
    folder('sales/night', 2),
    folder('sales-old', 1),
    folder('', 3),
    folder('hr', 1),
  ]);
  expect(tree.map((node) => [node.name, node.depth, node.workflows])).toEqual([
    ['hr', 0, 1],
    ['sales', 0, 0],
    ['sales/night', 1, 2],
    ['sales-old', 0, 1],
  ]);
});

it('an address names two revisions, or it names none', () => {
  expect(rangeOf('36...37')).toEqual({ from: 36, to: 37 });
  expect(rangeOf('0...1')).toBeNull();
  expect(rangeOf('36')).toBeNull();
});

it('an unknown tab is the overview; jobs are counted in both forms', () => {
  expect(tabOf('pie')).toBe('overview');
  expect(tabOf('flow')).toBe('flow');
  expect(jobCount({ jobs: { a: {}, b: {} } })).toBe(2);
  expect(jobCount({ jobs: [{}, {}, {}] })).toBe(3);
  expect(jobCount({})).toBe(0);
});

it('durations are of runs that ended, oldest first; percentiles by nearest rank', () => {
  const run = (number: number, seconds: number | null) =>
    ({
      name: `w#${number}`,
      state: 'succeeded',
      started_at: '2026-11-20T00:00:00Z',
      ended_at:
        seconds === null ? null : new Date(Date.UTC(2026, 10, 20, 0, 0, seconds)).toISOString(),
    }) as Run;
  const lasted = lastedOf([run(4, null), run(3, 30), run(2, 10), run(1, 20)]);
  expect(lasted.map((each) => each.name)).toEqual(['w#1', 'w#2', 'w#3']);
  expect([50, 90].map((part) => percentile(lasted, part))).toEqual([20_000, 30_000]);
  expect(percentile([], 50)).toBe(0);
});
