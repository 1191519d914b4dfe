import { describe, expect, it } from 'vitest';
import type { Job, Preview, Run } from '@/api/types';
import { bulkBody, bulkCommand } from './bulkModel';
import { curlOf, jobOperations, pathOf, runOperations, undoOf } from './operations';
import {
  canBeHeld,
  groupByEffect,
  marksAlone,
  neededOutputs,
  outputsText,
  runsCount,
  warningArgs,
} from './previewModel';
import { bodyOf } from './rerunModel';

describe('a rerun asks for exactly what was chosen', () => {
  const plain = { job: 'load', revision: 'run', hold: [] } as const;
  it.each([
    ['failed', { from: 'failed' }],
    ['after_failed', { from: 'after-failed' }],
    ['start', { from: 'start' }],
    ['from', { from: 'load' }],
    ['only', { only: 'load' }],
  ] as const)('%s', (where, body) => expect(bodyOf({ ...plain, where })).toEqual(body));
  it('a job that is named like a word of the command is still a job', () => {
    expect(bodyOf({ where: 'from', job: 'failed', revision: 'newest', hold: ['send'] })).toEqual({
      from: 'job:failed',
      revision: 'newest',
      hold: ['send'],
    });
  });
});

describe('a preview', () => {
  const job = (name: string, effect: string) => ({
    job: name,
    title: '',
    effect,
    state: 'failed',
    state_after: 'running',
  });
  const preview = {
    counts: { start: 1, wait: 2, keep: 9 },
    jobs: [job('b', 'wait'), job('c', 'wait'), job('a', 'start')],
    warnings: [
      {
        code: 'preview.outputs_needed',
        job: 'r#1/c',
        outputs: [{ name: 'rows', readers: ['d'] }],
      },
    ],
  } as unknown as Preview;
  it('shows what moves first, and its numbers are those of the server', () => {
    expect(groupByEffect(preview).map((row) => [row.effect, row.count, row.jobs.length])).toEqual([
      ['start', 1, 1],
      ['wait', 2, 2],
      ['keep', 9, 0],
    ]);
    expect(runsCount(preview)).toBe(3);
    expect(canBeHeld(preview)).toEqual(['b', 'c', 'a']);
  });
});

it('a mark is named unless the job that it is on is listed anyway', () => {
  const marks = [
    { target: 'server', kind: 'drain', set: true },
    { target: 'r#1/b', kind: 'hold', set: true },
    { target: 'r/b', kind: 'hold', set: false },
  ] as const;
  const jobs = [{ run: 'r#1', job: 'b' }] as Preview['jobs'];
  expect(marksAlone({ jobs, marks: [...marks] }).map((mark) => mark.target)).toEqual([
    'server',
    'r/b',
  ]);
});

it('outputs that a skipped job would have made are asked for', () => {
  const warnings = [
    { code: 'preview.outputs_needed', outputs: [{ name: 'rows', readers: ['d'] }] },
    { code: 'preview.stops', job: 'x' },
  ] as unknown as Preview['warnings'];
  expect(neededOutputs({ warnings })).toEqual([{ name: 'rows', readers: ['d'] }]);
});

it('outputs are named with who reads them', () => {
  const outputs = [
    { name: 'rows', readers: ['c', 'd'] },
    { name: 'total', readers: ['d'] },
  ];
  expect(outputsText(outputs)).toBe('rows (c, d); total (d)');
});

describe('only what makes sense is offered', () => {
  const run = (state: string, more = {}) =>
    ({ state, confirmed: false, needs_decision: false, ...more }) as Run;
  const job = (state: string, more = {}) => ({ state, confirmed: false, ...more }) as Job;
  it('a running run can be suspended, cancelled, killed; an ended one only confirmed', () => {
    expect(runOperations(run('running'))).toEqual(['suspend', 'cancel', 'kill']);
    expect(runOperations(run('suspended'))).toEqual(['resume', 'cancel', 'kill']);
    expect(runOperations(run('failed'))).toEqual(['confirm']);
    expect(runOperations(run('succeeded'))).toEqual([]);
    expect(runOperations(run('failed', { confirmed: true }))).toEqual([]);
  });
  it('a running job is killed, a waiting one held, skipped or disabled, a held one released', () => {
    expect(jobOperations(job('running'), run('running'))).toEqual([
      'kill',
      'set_state',
      'run_alone',
    ]);
    expect(jobOperations(job('wait_pred'), run('running'))).toContain('skip');
    expect(jobOperations(job('held'), run('running'))).toContain('release');
    expect(jobOperations(job('disabled'), run('running'))).toContain('enable');
  });
});

it('the curl line holds no token and quotes what a shell would read', () => {
  const target = { is: 'run', run: 'daily_close#1' } as const;
  const line = curlOf('POST', pathOf('kill', target), { reason: "it's late" }, 'http://host:1');
  expect(line).toContain("'http://host:1/api/v1/runs/daily_close%231:kill'");
  expect(line).toContain('$DANDORI_TOKEN');
  expect(line).toContain("it'\\''s late");
});

describe('many at once', () => {
  it('names what was chosen, or the filter that finds it; the command line says the same', () => {
    const names = { names: ['a#1/b', 'a#1/c'] };
    expect(bulkBody('job.hold', names)).toMatchObject({ filter: { jobs: ['a#1/b', 'a#1/c'] } });
    expect(bulkCommand('job.hold', names, 'look first')).toBe(
      "dandori bulk hold 'a#1/b' 'a#1/c' --reason 'look first'",
    );
    const filter = { filter: { workflow: 'a', state: ['failed' as const] } };
    expect(bulkBody('run.rerun', filter).filter).toEqual({ workflow: 'a', state: ['failed'] });
    expect(bulkCommand('run.rerun', filter, '')).toBe(
      'dandori bulk rerun --workflow a --state failed',
    );
  });

  it('what was done by hand has one undoing, on the very thing', () => {
    const mark = {
      kind: 'disable',
      target: 'w/j',
      workflow: 'w',
      run: null,
      job: 'j',
      by: 'admin',
      at: '2026-11-28T00:00:00Z',
      reason: '',
      until: null,
      outputs: null,
      undo: { action: 'enable', method: 'POST', path: '', command: '' },
    } as const;
    expect(undoOf(mark)).toEqual({
      name: 'enable',
      target: { is: 'workflow_job', workflow: 'w', job: 'j' },
    });
    const drained = { ...mark, kind: 'drain', workflow: '', job: null } as const;
    expect(undoOf(drained)).toEqual({ name: 'undrain', target: { is: 'server' } });
  });
});

it('a warning names runs with their state, and outputs with those who read them', () => {
  const runs = [{ run: 'a#1', state: 'running' }, { run: 'b#2' }];
  expect(warningArgs('ja', { count: 2, items: runs })).toEqual({
    count: '2',
    items: 'a#1 (実行中), b#2',
  });
  expect(warningArgs('en', { items: ['feeder', 'ledger'] }).items).toBe('feeder, ledger');
  expect(warningArgs('en', { outputs: [{ name: 'rows', readers: ['c'] }] }).outputs).toBe(
    'rows (c)',
  );
});
