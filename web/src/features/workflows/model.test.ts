import { expect, it } from 'vitest';
import { folderTree, jobCount, rangeOf, tabOf } from './model';

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
