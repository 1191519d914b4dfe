import type { Attempt, Job, RunDetail } from '@/api/types';
import { isBad, isEnded } from '@/lib/states';
import { parseInstant } from '@/lib/time';

export function doneCount(jobs: readonly Job[]): number {
  return jobs.filter((job) => isEnded(job.state)).length;
}

export function failedJobs(jobs: readonly Job[]): Job[] {
  return jobs.filter((job) => isBad(job.state));
}

export function newestAttempt(job: Job): Attempt | null {
  return job.attempts.at(-1) ?? null;
}

export function successorsOf(jobs: readonly Job[], name: string): string[] {
  return jobs.filter((job) => job.depends_on.includes(name)).map((job) => job.job);
}

/** Jobs that did not run and lie behind `name`, directly or not, in the order of the definition. */
export function heldBackBy(jobs: readonly Job[], name: string): string[] {
  const behind = reach(jobs, name, 'after', (job) => job.state === 'not_run');
  return jobs.filter((job) => job.job !== name && behind.has(job.job)).map((job) => job.job);
}

/** Jobs that lead to `name`, and itself. */
export function pathTo(jobs: readonly Job[], name: string): Set<string> {
  return reach(jobs, name, 'before', () => true);
}

/** Failed jobs and all that leads to them; null when none failed. */
export function pathToFailed(jobs: readonly Job[]): ReadonlySet<string> | null {
  const failed = failedJobs(jobs);
  if (failed.length === 0) return null;
  const paths = new Set<string>();
  for (const job of failed) for (const name of pathTo(jobs, job.job)) paths.add(name);
  return paths;
}

function reach(
  jobs: readonly Job[],
  name: string,
  way: 'after' | 'before',
  admits: (job: Job) => boolean,
): Set<string> {
  const byName = new Map(jobs.map((job) => [job.job, job]));
  const next = new Map<string, string[]>();
  for (const job of jobs) {
    for (const before of job.depends_on) {
      const [from, to] = way === 'after' ? [before, job.job] : [job.job, before];
      next.set(from, [...(next.get(from) ?? []), to]);
    }
  }
  const found = new Set([name]);
  const open = [name];
  while (open.length > 0) {
    for (const each of next.get(open.pop()!) ?? []) {
      const job = byName.get(each);
      if (!job || found.has(each) || !admits(job)) continue;
      found.add(each);
      open.push(each);
    }
  }
  return found;
}

export interface Bar {
  number: number;
  state: string;
  from: number;
  to: number | null; // null: still going on
}

/** What a gantt row draws of a job: each try that has begun. */
export function barsOf(job: Job): Bar[] {
  return job.attempts.flatMap((attempt) => {
    const from = parseInstant(attempt.started_at);
    if (from === null) return [];
    const to = parseInstant(attempt.ended_at);
    return [{ number: attempt.number, state: attempt.state, from, to }];
  });
}

/** The span that the bars of a run need, with a little air. */
export function spanOf(
  run: Pick<RunDetail, 'started_at' | 'created_at' | 'jobs'>,
  now: number,
): [number, number] {
  const begin = parseInstant(run.started_at) ?? parseInstant(run.created_at) ?? now;
  let end = begin + 1000;
  for (const job of run.jobs) {
    for (const bar of barsOf(job)) end = Math.max(end, bar.to ?? now);
  }
  return [begin, end + (end - begin) * 0.02];
}
