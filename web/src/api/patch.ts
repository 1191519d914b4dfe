import type { Job, JournalEvent, Run, RunDetail } from './types';

/** What one journal line says about a run and its jobs, laid over a snapshot. Pure.
 *
 * Identity is kept for whatever does not change, so that only what changed is drawn anew. States
 * that are derived (why something waits) are not in the journal: a snapshot brings them later. */

type RunFields = Pick<Run, 'state' | 'ended_at' | 'started_at' | 'has_failure'>;

function runChange(event: JournalEvent): Partial<RunFields> | null {
  const state = event.body?.['state'];
  switch (event.kind) {
    case 'run.started':
      return { state: 'running', started_at: event.at };
    case 'run.reopened':
      return { state: 'running', ended_at: null };
    case 'run.kill_requested':
    case 'run.cancel_requested':
      return { state: 'stopping' };
    case 'run.ended':
      return { state: state as Run['state'], ended_at: event.at };
    default:
      return null;
  }
}

export function patchRun<R extends Run>(run: R, event: JournalEvent): R {
  if (event.run !== run.id) return run;
  const change = runChange(event);
  return change ? { ...run, ...change } : run;
}

function startedJob(job: Job, event: JournalEvent): Job {
  const number = event.attempt;
  const attempt = {
    ...emptyAttempt(number),
    state: 'running' as const,
    agent: String(event.body?.['agent'] ?? ''),
    pid: typeof event.body?.['pid'] === 'number' ? event.body['pid'] : null,
    started_at: event.at,
    assigned_at: event.at,
  };
  const attempts = [...job.attempts.filter((known) => known.number < number), attempt];
  return { ...job, state: 'running', attempt: number, ended_at: null, attempts };
}

function emptyAttempt(number: number): Job['attempts'][number] {
  return {
    number,
    state: 'starting',
    failure: 'none',
    error: '',
    agent: '',
    pid: null,
    start_confirmed: true,
    manual_kill: false,
    timed_out: false,
    assigned_at: null,
    started_at: null,
    stop_requested_at: null,
    ended_at: null,
    duration: null,
    outputs: null,
  };
}

function endedJob(job: Job, event: JournalEvent): Job {
  const state = event.body?.['state'] as Job['state'];
  const attempts = job.attempts.map((attempt) => {
    if (attempt.number !== event.attempt || attempt.ended_at !== null) return attempt;
    const exit = event.body?.['exit_code'];
    return {
      ...attempt,
      state: (state === 'unknown' ? 'lost' : state) as typeof attempt.state,
      ended_at: event.at,
      exit_code: typeof exit === 'number' ? exit : null,
      failure: (event.body?.['failure'] ?? 'none') as typeof attempt.failure,
    };
  });
  return { ...job, state, ended_at: event.at, attempts };
}

function patchJob(job: Job, event: JournalEvent): Job {
  if (event.attempt < job.attempt) return job; // about an attempt that is history
  switch (event.kind) {
    case 'job.started':
      return event.attempt === job.attempt && job.state === 'running'
        ? job
        : startedJob(job, event);
    case 'job.retry':
      return { ...endedJob(job, event), state: 'retry_wait', ended_at: null };
    case 'job.ended':
      return endedJob(job, event);
    case 'job.kill_requested':
      return { ...job, state: 'stopping' };
    default:
      return job;
  }
}

export function patchRunDetail(run: RunDetail, event: JournalEvent): RunDetail {
  if (event.run !== run.id) return run;
  if (run.journal_seq !== undefined && event.seq <= run.journal_seq) return run;
  if (!event.job) return patchRun(run, event);
  const index = run.jobs.findIndex((job) => job.job === event.job);
  if (index < 0) return run;
  const job = patchJob(run.jobs[index]!, event);
  return job === run.jobs[index] ? run : { ...run, jobs: run.jobs.with(index, job) };
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** Lays a fresh first page over pages that were loaded before: changed ones replaced, new ones in
 * front, and those gone that the fresh page would show but does not. */
export function mergeFirstPage<T>(
  pages: readonly Page<T>[],
  fresh: Page<T>,
  idOf: (item: T) => string,
): Page<T>[] {
  const first = pages[0];
  if (!first) return [fresh];
  if (pages.length === 1) return [fresh];
  const byId = new Map(fresh.items.map((item) => [idOf(item), item]));
  const known = pages.flatMap((page) => page.items.map(idOf));
  const last = fresh.items.at(-1);
  const end = last === undefined ? -1 : known.indexOf(idOf(last));
  const covered = new Set(known.slice(0, Math.max(0, end)));
  const merged = pages.map((page) => ({
    ...page,
    items: page.items.flatMap((item) => {
      const newer = byId.get(idOf(item));
      if (newer !== undefined) return [newer];
      return covered.has(idOf(item)) ? [] : [item];
    }),
  }));
  const seen = new Set(known);
  const added = fresh.items.filter((item) => !seen.has(idOf(item)));
  merged[0] = { ...merged[0]!, items: [...added, ...merged[0]!.items] };
  return merged;
}
