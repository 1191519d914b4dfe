import { describe, expect, it } from 'vitest';
import { mergeFirstPage, patchRunDetail } from './patch';
import type { Job, JournalEvent, RunDetail } from './types';

function job(name: string, state: Job['state'], attempt = 0): Job {
  return {
    job: name,
    title: '',
    type: 'shell',
    state,
    attempt,
    tries: 0,
    lost: 0,
    in_scope: true,
    confirmed: false,
    accepted: false,
    off_day: false,
    state_changed_by: null,
    idempotent: true,
    marks: [],
    ready_at: null,
    retry_at: null,
    ended_at: null,
    depends_on: [],
    attempts: [],
  };
}

const run = {
  id: 'r1',
  state: 'running',
  journal_seq: 10,
  jobs: [job('a', 'wait_pool'), job('b', 'wait_pred')],
} as unknown as RunDetail;

function event(seq: number, kind: string, more: Partial<JournalEvent> = {}): JournalEvent {
  return {
    seq,
    at: '2026-11-20T10:00:00Z',
    run: 'r1',
    run_name: null,
    workflow: null,
    kind,
    job: '',
    attempt: 0,
    body: null,
    ...more,
  };
}

describe('a journal line is laid over the snapshot', () => {
  it('a job starts, ends, and the others stay the same objects', () => {
    const started = patchRunDetail(run, event(11, 'job.started', { job: 'a', attempt: 1 }));
    expect(started.jobs[0]).toMatchObject({ state: 'running', attempt: 1 });
    expect(started.jobs[1]).toBe(run.jobs[1]);
    const ended = patchRunDetail(
      started,
      event(12, 'job.ended', { job: 'a', attempt: 1, body: { state: 'failed', exit_code: 2 } }),
    );
    expect(ended.jobs[0]!.state).toBe('failed');
    expect(ended.jobs[0]!.attempts[0]).toMatchObject({ state: 'failed', exit_code: 2 });
  });
  it('what the snapshot holds already changes nothing', () => {
    expect(patchRunDetail(run, event(10, 'job.started', { job: 'a', attempt: 1 }))).toBe(run);
  });
  it('a late line about an earlier attempt changes nothing', () => {
    const second = { ...run, jobs: [job('a', 'running', 2), run.jobs[1]!] };
    const late = event(13, 'job.ended', { job: 'a', attempt: 1, body: { state: 'failed' } });
    expect(patchRunDetail(second, late)).toBe(second);
  });
  it('the end of the run closes it; a line of another run does not', () => {
    expect(patchRunDetail(run, event(11, 'run.ended', { body: { state: 'warning' } })).state).toBe(
      'warning',
    );
    expect(patchRunDetail(run, event(11, 'run.ended', { run: 'r2' }))).toBe(run);
  });
});

describe('a fresh first page over the pages loaded before', () => {
  const item = (id: string, state = 'old') => ({ id, state });
  const idOf = (each: { id: string }) => each.id;
  it('new ones come first, changed ones are replaced, later pages stay', () => {
    const pages = [
      { items: [item('5'), item('4')], next_cursor: '4' },
      { items: [item('3')], next_cursor: null },
    ];
    const fresh = { items: [item('6'), item('5', 'new')], next_cursor: '5' };
    expect(mergeFirstPage(pages, fresh, idOf).map((page) => page.items)).toEqual([
      [item('6'), item('5', 'new'), item('4')],
      [item('3')],
    ]);
  });
  it('what no longer matches the filter goes', () => {
    const pages = [
      { items: [item('5'), item('4')], next_cursor: '4' },
      { items: [item('3')], next_cursor: null },
    ];
    const fresh = { items: [item('4'), item('3')], next_cursor: '3' };
    expect(mergeFirstPage(pages, fresh, idOf).flatMap((page) => page.items.map(idOf))).toEqual([
      '4',
      '3',
    ]);
  });
});
