import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobOf, Operator } from './operator';
import { type Answer, World } from './world';

/** Each operation on runs and their jobs, asked for in the browser by mouse and by keyboard alone;
 * whether it happened is looked at in API, journal and audit. */
describe.each(['mouse', 'keyboard'] as const)('by %s', (way) => {
  const world = new World();
  let operator: Operator;
  beforeAll(async () => {
    await world.start();
    operator = new Operator(world, await world.page({ lang: 'en' }), way);
  });
  afterAll(() => world.stop());

  describe('on a run', () => {
    it('[OPS-12] suspend starts nothing new, resume goes on', async () => {
      const run = await operator.gated('pause_me');
      await operator.onRun(run, 'Suspend', 'maintenance');
      operator.openGate('pause_me');
      const held = await world.until(run, (each) => jobOf(each, 'gate').state === 'succeeded');
      expect(held.state).toBe('suspended');
      expect(jobOf(held, 'next').attempt).toBe(0);
      await operator.audited('run.suspend', run, 'maintenance');
      await operator.onRun(run, 'Resume', 'done');
      expect((await world.ended(run)).state).toBe('succeeded');
      await operator.audited('run.resume', run, 'done');
    });

    it('kill ends it; cancel lets what runs end', async () => {
      const killed = await operator.gated('kill_me');
      await operator.onRun(killed, 'Kill', 'wrong data');
      expect((await world.ended(killed)).state).toBe('killed');
      await operator.audited('run.kill', killed, 'wrong data');
      const cancelled = await operator.gated('cancel_me');
      await operator.onRun(cancelled, 'Cancel', 'not today');
      operator.openGate('cancel_me');
      const after = await world.ended(cancelled);
      expect(after.state).toBe('interrupted');
      expect(jobOf(after, 'gate').state).toBe('succeeded');
      await operator.audited('run.cancel', cancelled, 'not today');
    });

    it('a run that waits its turn is held, and released', async () => {
      await operator.gated('queue_me', 'overlap: {policy: queue}');
      const waits = await world.startRun('queue_me');
      await operator.onRun(waits, 'Hold', 'not yet');
      await operator.audited('run.hold', waits, 'not yet');
      operator.openGate('queue_me');
      await world.ended('queue_me#1');
      expect((await world.run(waits)).started_at).toBe(null);
      await operator.onRun(waits, 'Release', 'now');
      expect((await world.ended(waits)).state).toBe('succeeded');
      await operator.audited('run.release', waits, 'now');
    });

    it('confirm accepts a failure', async () => {
      const run = await operator.ended('failing', '  bad: {run: "exit 3"}\n');
      await operator.onRun(run, 'Confirm', 'known');
      expect((await world.run(run)).confirmed).toBe(true);
      await operator.audited('run.confirm', run, 'known');
    });

    it('rerun from a job, from the start, and of one job only', async () => {
      const run = await operator.ended(
        'again',
        '  a: {run: "true"}\n  b: {run: "true", depends_on: [a]}\n  c: {run: "true", depends_on: [b]}\n',
      );
      const tries = async () =>
        (await world.ended(run)).jobs.map((job: { attempt: number }) => job.attempt);
      const { hand, page } = operator;
      // From a job: asked for at the job itself.
      await operator.openJob(run, 'b', 'Rerun…');
      await hand.write(page, 'Reason', 'b was wrong');
      await hand.press(page, 'Rerun 2 jobs');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await tries()).toEqual([1, 2, 2]);
      await operator.audited('run.rerun', run, 'b was wrong');
      await operator.openJob(run, 'a', 'Rerun…');
      await hand.pick(page, 'Only one job');
      await page.getByRole('button', { name: 'Rerun 1 job', exact: true }).waitFor();
      await hand.write(page, 'Reason', 'a alone');
      await hand.press(page, 'Rerun 1 job');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await tries()).toEqual([2, 2, 2]);
      await page.goto(`/runs/${encodeURIComponent(run)}?view=list`);
      await hand.press(page, 'Rerun…');
      await hand.pick(page, 'All from the start');
      await page.getByRole('button', { name: 'Rerun 3 jobs', exact: true }).waitFor();
      await hand.write(page, 'Reason', 'all again');
      await hand.press(page, 'Rerun 3 jobs');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await tries()).toEqual([3, 3, 3]);
      expect((await world.journal(run)).map((line) => line.kind)).toContain('run.reopened');
    });
  });

  it('rerun after the failed jobs, and by the newest revision with a hold before it starts', async () => {
    const { hand, page } = operator;
    const run = await operator.ended(
      'mended',
      '  a: {run: "exit 1"}\n  b: {run: "true", depends_on: [a]}\n',
    );
    const place = `/runs/${encodeURIComponent(run)}?view=list`;
    await page.goto(place);
    await hand.press(page, 'Rerun…');
    await hand.pick(page, 'After the failed jobs');
    await page.getByRole('button', { name: 'Rerun 1 job', exact: true }).waitFor();
    await hand.write(page, 'Reason', 'accepted');
    await hand.press(page, 'Rerun 1 job');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const accepted = await world.ended(run);
    expect(accepted.jobs.map((job: Answer) => [job.attempt, job.state])).toEqual([
      [1, 'failed'],
      [1, 'succeeded'],
    ]);
    await world.apply(
      'name: mended\njobs:\n  a: {run: "true"}\n  b: {run: "true", depends_on: [a]}\n',
    );
    await page.goto(place);
    await hand.press(page, 'Rerun…');
    await hand.pick(page, 'All from the start');
    await hand.pick(page, 'the newest');
    await hand.pickFrom(page, 'Hold before they start', 'b');
    await page.locator('.preview [data-effect="hold"]').waitFor();
    await hand.write(page, 'Reason', 'mended');
    await hand.press(page, 'Rerun 2 jobs');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const held = await world.until(run, (each) => jobOf(each, 'b').state === 'held');
    expect(held.revision).toBe(2);
    expect(jobOf(held, 'a')).toMatchObject({ attempt: 2, state: 'succeeded' });
    await operator.audited('run.rerun', run, 'mended');
    await operator.onJob(run, 'b', 'Release', 'looked');
    expect((await world.ended(run)).state).toBe('succeeded');
  });

  it('[OPS-06] a job is disabled until a time', async () => {
    const run = await operator.gated('until_me');
    const { hand, page } = operator;
    await operator.openJob(run, 'next', 'Disable');
    await page.getByRole('dialog').locator('.preview').waitFor();
    await hand.writeTime(page, 'Until', '2030-01-02T03:04');
    await operator.confirm('Disable', 'until the new year');
    const [difference] = (await world.get('/differences')).items.filter(
      (item: Answer) => item.target === `${run}/next`,
    );
    expect(difference.until).toBe('2030-01-01T18:04:00Z'); // typed in the zone of the page
    operator.openGate('until_me');
    await world.until(run, (each) => jobOf(each, 'next').state === 'disabled');
    await operator.onJob(run, 'next', 'Enable', 'sooner');
    await world.ended(run);
  });

  describe('on a job', () => {
    it('[OPS-08] hold keeps it from starting, release lets it go', async () => {
      const run = await operator.gated('hold_me');
      await operator.onJob(run, 'next', 'Hold', 'look first');
      operator.openGate('hold_me');
      await world.until(run, (each) => jobOf(each, 'next').state === 'held');
      await operator.audited('job.hold', `${run}/next`, 'look first');
      await operator.onJob(run, 'next', 'Release', 'looked');
      expect((await world.ended(run)).state).toBe('succeeded');
      await operator.audited('job.release', `${run}/next`, 'looked');
    });

    it('[OPS-07] skip: successors go on, it is shown as skipped; what was marked can be taken back', async () => {
      const run = await operator.gated('skip_me');
      await operator.onJob(run, 'last', 'Skip', 'by mistake');
      await operator.onJob(run, 'last', 'Undo skip', 'needed after all');
      await operator.audited('job.unskip', `${run}/last`, 'needed after all');
      await operator.onJob(run, 'next', 'Skip', 'not needed');
      operator.openGate('skip_me');
      const after = await world.ended(run);
      expect(after.state).toBe('succeeded');
      expect([jobOf(after, 'next').state, jobOf(after, 'last').state]).toEqual([
        'skipped',
        'succeeded',
      ]);
      await operator.audited('job.skip', `${run}/next`, 'not needed');
      await operator.page.goto(`/runs/${encodeURIComponent(run)}?view=list`);
      await operator.page.locator('[data-id="next"] [data-state="skipped"]').waitFor();
    });

    it('[OPS-06] disable waits, enable starts it at once', async () => {
      const run = await operator.gated('disable_me');
      await operator.onJob(run, 'next', 'Disable', 'broken');
      operator.openGate('disable_me');
      await world.until(run, (each) => jobOf(each, 'next').state === 'disabled');
      await operator.audited('job.disable', `${run}/next`, 'broken');
      await operator.onJob(run, 'next', 'Enable', 'mended');
      expect((await world.ended(run)).state).toBe('succeeded');
      await operator.audited('job.enable', `${run}/next`, 'mended');
    });

    it('force starts it before its predecessors have ended', async () => {
      const run = await operator.gated('force_me');
      await operator.onJob(run, 'next', 'Force past its wait', 'cannot wait');
      await world.until(run, (each) => jobOf(each, 'next').state === 'succeeded');
      expect(jobOf(await world.run(run), 'gate').state).toBe('running');
      await operator.audited('job.force', `${run}/next`, 'cannot wait');
      operator.openGate('force_me');
      await world.ended(run);
    });

    it('kill ends this job only', async () => {
      const run = await operator.gated('kill_job');
      await operator.onJob(run, 'gate', 'Kill', 'hangs');
      const after = await world.ended(run);
      expect(jobOf(after, 'gate').state).toBe('killed');
      await operator.audited('job.kill', `${run}/gate`, 'hangs');
    });

    it('[OPS-09] set state by hand: marked, with the reason', async () => {
      const run = await operator.ended(
        'set_me',
        '  bad: {run: "exit 3"}\n  after: {run: "true", depends_on: [bad]}\n',
      );
      await operator.onJob(run, 'bad', 'Set state', 'done by hand');
      const after = await world.until(run, (each) => jobOf(each, 'after').state === 'succeeded');
      expect(jobOf(after, 'bad')).toMatchObject({ state: 'succeeded', state_changed_by: 'admin' });
      await operator.audited('job.set_state', `${run}/bad`, 'done by hand');
    });

    it('[OPS-03] a job alone, in any state: a run of its own, by hand, nothing follows', async () => {
      const run = await operator.ended(
        'alone',
        '  a: {run: "true"}\n  b: {run: "true", depends_on: [a]}\n',
      );
      await operator.onJob(run, 'a', 'Run this job alone', 'once more');
      const own = await world.ended('alone#2');
      expect(jobOf(own, 'a').attempt).toBe(1);
      expect(jobOf(own, 'b').attempt).toBe(0);
      expect(jobOf(await world.run(run), 'a').attempt).toBe(1);
      const lines = (await world.audit()).filter((line) => line.actor.reason === 'once more');
      expect(lines[0].actor).toMatchObject({ name: 'admin', channel: 'ui' });
    });

    it('what makes no sense is refused with the reason, before anything is pressed', async () => {
      const run = await operator.gated('busy');
      await operator.openJob(run, 'gate', 'Set state');
      const dialog = operator.page.getByRole('dialog');
      await dialog.locator('.view-error').waitFor();
      expect(await dialog.getByRole('button', { name: 'Set state' }).isDisabled()).toBe(true);
      operator.openGate('busy');
      await world.ended(run);
    });

    it('[OPS-11] several jobs of a run at once: which it would hit first, then one result for each', async () => {
      const run = await operator.gated('some_jobs');
      const { hand, page } = operator;
      await page.goto(`/runs/${encodeURIComponent(run)}?view=list`);
      await page.locator('.table-row[data-id="gate"]').waitFor();
      await hand.selectAll(page);
      await hand.press(page, 'Hold');
      await page.getByRole('dialog').getByText('2 accepted, 1 refused').waitFor();
      await hand.write(page, 'Reason', 'all that is left');
      await hand.press(page, 'Hold (2)');
      await page.getByRole('dialog').locator('[data-ok="true"]').nth(1).waitFor();
      operator.openGate('some_jobs');
      await world.until(run, (each) => jobOf(each, 'next').state === 'held');
      for (const job of ['next', 'last'])
        await operator.audited('job.hold', `${run}/${job}`, 'all that is left');
    });
  });
});
