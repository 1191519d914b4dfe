import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, World } from './world';

/** Each operation, asked for in the browser; whether it happened is looked at in API, journal and audit. */
const world = new World();
let page: Page;

// gate waits for a file, so that a run can be looked at in the middle.
const FLOW = (name: string) => `
name: ${name}
jobs:
  gate:
    run: 'while [ ! -e "$1" ]; do sleep 0.1; done'
    args: ["\${{ vars.sample_dir }}/open-${name}"]
  next: {run: "echo next", depends_on: [gate]}
  last: {run: "echo last", depends_on: [next]}
`;

beforeAll(async () => {
  await world.start();
  page = await world.page({ lang: 'en' });
});
afterAll(() => world.stop());

async function openGate(name: string) {
  const { writeFileSync } = await import('node:fs');
  writeFileSync(`${world.sample}/open-${name}`, '');
}

async function gated(name: string): Promise<string> {
  await world.apply(FLOW(name), `${name}.yaml`);
  const run = await world.startRun(name);
  await world.until(run, (each) => jobOf(each, 'gate').state === 'running');
  return run;
}

function jobOf(run: Answer, name: string): Answer {
  return run.jobs.find((job: Answer) => job.job === name);
}

async function audited(action: string, target: string, reason: string) {
  const lines = (await world.audit()).filter(
    (line) => line.action === action && line.target === target,
  );
  expect(lines[0], `${action} ${target}`).toBeDefined();
  expect(lines[0].actor).toMatchObject({ name: 'admin', channel: 'ui', reason });
}

async function confirm(label: string, reason: string) {
  const dialog = page.getByRole('dialog');
  await dialog.locator('.preview').waitFor();
  await dialog.getByLabel(/^Reason/).fill(reason);
  await dialog.getByRole('button', { name: label, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

async function onRun(run: string, label: string, reason: string) {
  await page.goto(`/runs/${encodeURIComponent(run)}?view=list`);
  await page.locator('.run-title').waitFor();
  const button = page.locator('.run-actions').getByRole('button', { name: label, exact: true });
  if (await button.isVisible()) await button.click();
  else {
    await page.getByRole('button', { name: 'More for this run' }).click();
    await page.getByRole('menuitem', { name: label, exact: true }).click();
  }
  await confirm(label, reason);
}

async function onJob(run: string, job: string, label: string, reason: string) {
  await page.goto(`/runs/${encodeURIComponent(run)}?view=list&job=${job}`);
  await page.getByRole('button', { name: 'Operations on the job' }).click();
  await page.getByRole('menuitem', { name: label, exact: true }).click();
  await confirm(label, reason);
}

describe('operations on a run', () => {
  it('[OPS-12] suspend starts nothing new, resume goes on', async () => {
    const run = await gated('pause_me');
    await onRun(run, 'Suspend', 'maintenance');
    await openGate('pause_me');
    const held = await world.until(run, (each) => jobOf(each, 'gate').state === 'succeeded');
    expect(held.state).toBe('suspended');
    expect(jobOf(held, 'next').attempt).toBe(0);
    await audited('run.suspend', run, 'maintenance');
    await onRun(run, 'Resume', 'done');
    expect((await world.ended(run)).state).toBe('succeeded');
    await audited('run.resume', run, 'done');
  });

  it('kill ends it; cancel lets what runs end', async () => {
    const killed = await gated('kill_me');
    await onRun(killed, 'Kill', 'wrong data');
    expect((await world.ended(killed)).state).toBe('killed');
    await audited('run.kill', killed, 'wrong data');
    const cancelled = await gated('cancel_me');
    await onRun(cancelled, 'Cancel', 'not today');
    await openGate('cancel_me');
    const after = await world.ended(cancelled);
    expect(after.state).toBe('interrupted');
    expect(jobOf(after, 'gate').state).toBe('succeeded');
    await audited('run.cancel', cancelled, 'not today');
  });

  it('confirm accepts a failure', async () => {
    await world.apply('name: failing\njobs:\n  bad: {run: "exit 3"}\n');
    const run = await world.startRun('failing');
    await world.ended(run);
    await onRun(run, 'Confirm', 'known');
    expect((await world.run(run)).confirmed).toBe(true);
    await audited('run.confirm', run, 'known');
  });
});

describe('operations on a job', () => {
  it('[OPS-08] hold keeps it from starting, release lets it go', async () => {
    const run = await gated('hold_me');
    await onJob(run, 'next', 'Hold', 'look first');
    await openGate('hold_me');
    await world.until(run, (each) => jobOf(each, 'next').state === 'held');
    await audited('job.hold', `${run}/next`, 'look first');
    await onJob(run, 'next', 'Release', 'looked');
    expect((await world.ended(run)).state).toBe('succeeded');
    await audited('job.release', `${run}/next`, 'looked');
  });

  it('[OPS-07] skip: successors go on, it is shown as skipped', async () => {
    const run = await gated('skip_me');
    await onJob(run, 'next', 'Skip', 'not needed');
    await openGate('skip_me');
    const after = await world.ended(run);
    expect(after.state).toBe('succeeded');
    expect([jobOf(after, 'next').state, jobOf(after, 'last').state]).toEqual([
      'skipped',
      'succeeded',
    ]);
    await audited('job.skip', `${run}/next`, 'not needed');
    await page.goto(`/runs/${encodeURIComponent(run)}?view=list`);
    await page.locator('[data-id="next"] [data-state="skipped"]').waitFor();
  });

  it('[OPS-06] disable waits, enable starts it at once', async () => {
    const run = await gated('disable_me');
    await onJob(run, 'next', 'Disable', 'broken');
    await openGate('disable_me');
    await world.until(run, (each) => jobOf(each, 'next').state === 'disabled');
    await audited('job.disable', `${run}/next`, 'broken');
    await onJob(run, 'next', 'Enable', 'mended');
    expect((await world.ended(run)).state).toBe('succeeded');
    await audited('job.enable', `${run}/next`, 'mended');
  });

  it('[OPS-09] set state by hand: marked, with the reason', async () => {
    await world.apply(
      'name: set_me\njobs:\n  bad: {run: "exit 3"}\n  after: {run: "true", depends_on: [bad]}\n',
    );
    const run = await world.startRun('set_me');
    await world.ended(run);
    await onJob(run, 'bad', 'Set state', 'done by hand');
    const after = await world.until(run, (each) => jobOf(each, 'after').state === 'succeeded');
    expect(jobOf(after, 'bad')).toMatchObject({ state: 'succeeded', state_changed_by: 'admin' });
    await audited('job.set_state', `${run}/bad`, 'done by hand');
  });

  it('[OPS-03] a job alone, in any state: a run of its own, by hand, nothing follows', async () => {
    await world.apply(
      'name: alone\njobs:\n  a: {run: "true"}\n  b: {run: "true", depends_on: [a]}\n',
    );
    const run = await world.startRun('alone');
    await world.ended(run);
    await onJob(run, 'a', 'Run this job alone', 'once more');
    const own = await world.ended('alone#2');
    expect(jobOf(own, 'a').attempt).toBe(1);
    expect(jobOf(own, 'b').attempt).toBe(0);
    expect(jobOf(await world.run(run), 'a').attempt).toBe(1);
    const lines = (await world.audit()).filter((line) => line.actor.reason === 'once more');
    expect(lines[0].actor).toMatchObject({ name: 'admin', channel: 'ui' });
  });

  it('what makes no sense is refused with the reason, before anything is pressed', async () => {
    const run = await gated('busy');
    await page.goto(`/runs/${encodeURIComponent(run)}?view=list&job=gate`);
    await page.getByRole('button', { name: 'Operations on the job' }).click();
    await page.getByRole('menuitem', { name: 'Set state', exact: true }).click();
    await page.getByRole('dialog').locator('.view-error').waitFor();
    expect(
      await page.getByRole('dialog').getByRole('button', { name: 'Set state' }).isDisabled(),
    ).toBe(true);
    await openGate('busy');
    await world.ended(run);
  });
});

describe('workflows and many runs at once', () => {
  it('[OPS-05] disable and enable a workflow', async () => {
    await world.apply('name: off\njobs:\n  a: {run: "true"}\n');
    for (const [label, action, disabled] of [
      ['Disable', 'workflow.disable', true],
      ['Enable', 'workflow.enable', false],
    ] as const) {
      await page.goto('/workflows/off/overview');
      await page.getByRole('button', { name: 'Operations', exact: true }).click();
      await page.getByRole('menuitem', { name: label, exact: true }).click();
      await confirm(label, 'maintenance');
      expect((await world.get('/workflows/off')).disabled).toBe(disabled);
      await audited(action, 'off', 'maintenance');
    }
  });

  it('[OPS-11] reruns all failed at once: the count first, then one result for each', async () => {
    await world.apply(
      'name: batch\noverlap: {policy: parallel, max: 5}\njobs:\n  a: {run: "exit 1"}\n',
    );
    const runs = [];
    for (let i = 0; i < 3; ++i) {
      const run = await world.startRun('batch');
      await world.ended(run);
      runs.push(run);
    }
    await page.goto('/runs?workflow=batch&state=failed');
    await page.getByLabel('Select all that are loaded').check();
    await page.getByRole('button', { name: 'Rerun failed' }).click();
    await page.getByRole('dialog').getByText('3 accepted, 0 refused').waitFor();
    await page.getByLabel(/^Reason/).fill('again');
    await page.getByRole('button', { name: 'Rerun failed (3)' }).click();
    await page.getByRole('dialog').getByText('3 accepted, 0 refused').waitFor();
    for (const run of runs) {
      const after = await world.until(run, (each) => each.ended_at !== null && each.reruns === 1);
      expect(jobOf(after, 'a').attempt).toBe(2);
      await audited('run.rerun', run, 'again');
    }
  });

  it('a run is started by hand from its workflow', async () => {
    await world.apply(
      'name: by_hand\nparams:\n  day: {type: date, default: "2026-11-20"}\njobs:\n  a: {run: "echo $DAY"}\n',
    );
    await page.goto('/workflows/by_hand/overview');
    await page.getByRole('button', { name: 'Start…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/day/).first().fill('2026-11-24');
    await dialog.getByRole('button', { name: 'Start', exact: true }).click();
    await page.locator('.run-title', { hasText: 'by_hand' }).waitFor();
    expect((await world.ended('by_hand#1')).params).toEqual({ day: '2026-11-24' });
    await audited('run.start', 'by_hand#1', '');
  });

  it('[DEV-05] an earlier revision is brought back, after its differences were shown', async () => {
    await world.apply('name: revised\njobs:\n  a: {run: "echo one"}\n');
    await world.apply('name: revised\njobs:\n  a: {run: "echo two"}\n  b: {run: "true"}\n');
    await page.goto('/workflows/revised/revisions');
    await page.getByRole('button', { name: 'Bring back revision 1' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('.diff tr').first().waitFor();
    await dialog.getByLabel(/^Reason/).fill('two was wrong');
    await dialog.getByRole('button', { name: 'Bring back', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    const now = await world.get('/workflows/revised');
    expect(now.revision).toBe(3);
    expect(now.source).toContain('echo one');
    await audited('workflow.rollback', 'revised', 'two was wrong');
  });

  it('a token is made, shown once, works, and is ended', async () => {
    await page.goto('/settings');
    await page.getByRole('button', { name: 'Make a token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^Who uses it/).fill('night operator');
    await dialog.getByRole('button', { name: 'Make a token' }).click();
    const secret = (await dialog.locator('.secret code').textContent())!.trim();
    const ask = () =>
      fetch(`${world.url}/api/v1/runs`, { headers: { Authorization: `Bearer ${secret}` } });
    expect((await ask()).status).toBe(200);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    expect(await page.content()).not.toContain(secret);
    await page
      .getByRole('row', { name: /night operator/ })
      .getByRole('button', { name: 'Revoke' })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('revoked').waitFor();
    expect((await ask()).status).toBe(401);
  });
});
