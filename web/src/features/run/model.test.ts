import { describe, expect, it } from 'vitest';
import type { Job } from '@/api/types';
import { barsOf, heldBackBy, pathTo, pathToFailed, spanOf, successorsOf } from './model';
import { linesOf, readRunSearch } from './search';

const job = (name: string, state: string, depends_on: string[] = [], attempts: unknown[] = []) =>
  ({ job: name, state, depends_on, attempts }) as unknown as Job;

// A→B→C, A→D→E; B failed
const jobs = [
  job('c', 'not_run', ['b']),
  job('a', 'succeeded'),
  job('b', 'failed', ['a']),
  job('d', 'succeeded', ['a']),
  job('e', 'succeeded', ['d']),
];

describe('a failure', () => {
  it('names what did not run because of it, and nothing else', () => {
    expect(heldBackBy(jobs, 'b')).toEqual(['c']);
    expect(heldBackBy(jobs, 'd')).toEqual([]);
  });
  it('knows the path that leads to it', () => {
    expect([...pathTo(jobs, 'b')].sort()).toEqual(['a', 'b']);
    expect(successorsOf(jobs, 'a')).toEqual(['b', 'd']);
    expect([...pathToFailed(jobs)!].sort()).toEqual(['a', 'b']);
    expect(pathToFailed(jobs.slice(3))).toBe(null);
  });
});

describe('the gantt chart', () => {
  const at = (second: number) => new Date(second * 1000).toISOString();
  const twice = job(
    'x',
    'running',
    [],
    [
      { number: 1, state: 'failed', started_at: at(10), ended_at: at(12) },
      { number: 2, state: 'running', started_at: at(20), ended_at: null },
      { number: 3, state: 'starting', started_at: null, ended_at: null },
    ],
  );
  it('draws each try that has begun', () => {
    expect(barsOf(twice)).toEqual([
      { number: 1, state: 'failed', from: 10_000, to: 12_000 },
      { number: 2, state: 'running', from: 20_000, to: null },
    ]);
  });
  it('reaches to now while something runs', () => {
    const [from, to] = spanOf({ started_at: at(10), created_at: at(9), jobs: [twice] }, 60_000);
    expect(from).toBe(10_000);
    expect(to).toBe(61_000);
  });
});

describe('the address of a run', () => {
  it('holds view, job, try and lines', () => {
    expect(
      readRunSearch({ view: 'gantt', job: 'load', tab: 'log', attempt: 2, log: 'L7' }),
    ).toMatchObject({
      view: 'gantt',
      job: 'load',
      tab: 'log',
      attempt: 2,
      log: 'L7',
    });
    expect(linesOf('L1234-1240')).toEqual({ from: 1234, to: 1240 });
    expect(linesOf('L7')).toEqual({ from: 7, to: 7 });
  });
  it('whatever else stands there is left out', () => {
    expect(readRunSearch({ view: 'pie', attempt: -1, tab: 7 })).toEqual({
      view: undefined,
      job: undefined,
      tab: undefined,
      attempt: undefined,
      log: undefined,
      text: undefined,
    });
    expect(linesOf('line seven')).toBeNull();
  });
});
