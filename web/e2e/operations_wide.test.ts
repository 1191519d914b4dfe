import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobOf, Operator } from './operator';
import { type Answer, World } from './world';

/** The word of the API for a button: `Undo skip` is `unskip`. */
const verbOf = (label: string) => label.toLowerCase().replace('undo ', 'un');

/** Operations on workflows, on many runs at once, on the server, on tokens: by mouse and by keyboard alone. */
describe.each(['mouse', 'keyboard'] as const)('by %s', (way) => {
  const world = new World();
  let operator: Operator;
  beforeAll(async () => {
    await world.start();
    operator = new Operator(world, await world.page({ lang: 'en' }), way);
  });
  afterAll(() => world.stop());

  const differences = async (): Promise<string[]> =>
    (await world.get('/differences')).items.map((item: Answer) => `${item.kind} ${item.target}`);

  it.each([
    ['[OPS-05] disable and enable', 'off', 'Disable', 'Enable', 'disabled'],
    ['hold and release', 'kept', 'Hold', 'Release', 'held'],
    ['drain and undrain', 'emptied', 'Drain', 'Undo drain', 'draining'],
  ])('%s a workflow', async (_, name, does, undoes, member) => {
    await world.apply(`name: ${name}\njobs:\n  a: {run: "true"}\n`);
    for (const [label, holds] of [
      [does, true],
      [undoes, false],
    ] as const) {
      await operator.onWorkflow(name, label, 'maintenance');
      expect((await world.get(`/workflows/${name}`))[member]).toBe(holds);
      await operator.audited(`workflow.${verbOf(label)}`, name, 'maintenance');
    }
  });

  it('a job in every run: held, skipped or disabled where the flow is looked at, and undone there', async () => {
    await world.apply(
      'name: always\njobs:\n  a: {run: "true"}\n  b: {run: "true", depends_on: [a]}\n',
    );
    for (const [does, undoes] of [
      ['Hold', 'Release'],
      ['Skip', 'Undo skip'],
      ['Disable', 'Enable'],
    ] as const) {
      await operator.onEvery('always', 'b', does, 'until Monday');
      expect(await differences()).toEqual([`${verbOf(does)} always/b`]);
      await operator.audited(`job.${verbOf(does)}`, 'always/b', 'until Monday');
      await operator.onEvery('always', 'b', undoes, 'Monday');
      expect(await differences()).toEqual([]);
      await operator.audited(`job.${verbOf(undoes)}`, 'always/b', 'Monday');
    }
  });

  it('the page of differences lists what was done by hand, and undoes it', async () => {
    await world.apply('name: differs\njobs:\n  a: {run: "true"}\n');
    await world.call('POST', '/workflows/differs:hold', { reason: 'month end' });
    const { hand, page } = operator;
    await page.goto('/differences');
    await page.locator('.table-row', { hasText: 'month end' }).waitFor();
    await hand.press(page, 'Release');
    await operator.confirm('Release', 'over');
    await page.getByText('There is no difference').waitFor();
    expect(await differences()).toEqual([]);
    await operator.audited('workflow.release', 'differs', 'over');
  });

  it('[OPS-11] several workflows at once', async () => {
    for (const name of ['set_a', 'set_b'])
      await world.apply(`name: ${name}\njobs:\n  a: {run: "true"}\n`);
    const { hand, page } = operator;
    await page.goto('/workflows?text=set_');
    await page.locator('.table-row[data-id="set_b"]').waitFor();
    await hand.selectAll(page);
    await hand.press(page, 'Disable');
    await page.getByRole('dialog').getByText('2 accepted, 0 refused').waitFor();
    await hand.write(page, 'Reason', 'holidays');
    await hand.press(page, 'Disable (2)');
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().waitFor();
    await page.locator('.bulk-results [data-ok="true"]').nth(1).waitFor();
    for (const name of ['set_a', 'set_b'])
      await operator.audited('workflow.disable', name, 'holidays');
    expect((await world.get('/workflows/set_b')).disabled).toBe(true);
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
    const { hand, page } = operator;
    await page.goto('/runs?workflow=batch&state=failed');
    await page.locator('.table-row[data-id]').nth(2).waitFor();
    await hand.selectAll(page);
    await hand.press(page, 'Rerun failed');
    await page.getByRole('dialog').getByText('3 accepted, 0 refused').waitFor();
    await hand.write(page, 'Reason', 'again');
    await hand.press(page, 'Rerun failed (3)');
    await page.getByRole('dialog').getByText('3 accepted, 0 refused').waitFor();
    for (const run of runs) {
      const after = await world.until(run, (each) => each.ended_at !== null && each.reruns === 1);
      expect(jobOf(after, 'a').attempt).toBe(2);
      await operator.audited('run.rerun', run, 'again');
    }
  });

  it('a run is started by hand from its workflow', async () => {
    await world.apply(
      'name: by_hand\nparams:\n  day: {type: date, default: "2026-11-20"}\njobs:\n  a: {run: "echo $DAY"}\n',
    );
    const { hand, page } = operator;
    await page.goto('/workflows/by_hand/overview');
    await hand.press(page, 'Start…');
    await page.getByLabel(/^day/).first().waitFor();
    await hand.write(page, 'day', '2026-11-24');
    await hand.press(page, 'Start');
    await page.locator('.run-title', { hasText: 'by_hand' }).waitFor();
    expect((await world.ended('by_hand#1')).params).toEqual({ day: '2026-11-24' });
    await operator.audited('run.start', 'by_hand#1', '');
  });

  it('[DEV-05] an earlier revision is brought back, after its differences were shown', async () => {
    await world.apply('name: revised\njobs:\n  a: {run: "echo one"}\n');
    await world.apply('name: revised\njobs:\n  a: {run: "echo two"}\n  b: {run: "true"}\n');
    const { hand, page } = operator;
    await page.goto('/workflows/revised/revisions/1...2');
    await page.locator('.diff-side [data-job="b"][data-sign="added"]').waitFor();
    await page.locator('.diff-side [data-job="a"][data-sign="changed"]').nth(1).waitFor();
    await page.goto('/workflows/revised/revisions');
    await hand.press(page, 'Bring back revision 1');
    const dialog = page.getByRole('dialog');
    await dialog.locator('.diff tbody tr').first().waitFor();
    await hand.write(page, 'Reason', 'two was wrong');
    await hand.press(page, 'Bring back');
    await dialog.waitFor({ state: 'detached' });
    const now = await world.get('/workflows/revised');
    expect(now.revision).toBe(3);
    expect(now.source).toContain('echo one');
    await operator.audited('workflow.rollback', 'revised', 'two was wrong');
  });

  it('the server starts nothing while it drains, and goes on after it', async () => {
    await world.apply('name: waits\njobs:\n  a: {run: "true"}\n');
    const { hand, page } = operator;
    await page.goto('/settings');
    await hand.press(page, 'Drain');
    await operator.confirm('Drain', 'patch day');
    expect((await world.get('/server')).draining).toBe(true);
    const run = await world.startRun('waits');
    await page.getByText('stopped by admin: patch day').waitFor();
    expect(jobOf(await world.run(run), 'a').attempt).toBe(0);
    await hand.press(page, 'Undo drain');
    await operator.confirm('Undo drain', 'patched');
    expect((await world.ended(run)).state).toBe('succeeded');
    expect((await world.get('/server')).draining).toBe(false);
    const reasons = (await world.audit()).map((line) => line.actor.reason);
    expect(reasons).toEqual(expect.arrayContaining(['patch day', 'patched']));
  });

  it('a token is made, shown once, works, and is ended', async () => {
    const { hand, page } = operator;
    await page.goto('/settings');
    await hand.press(page, 'Make a token');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^Who uses it/).waitFor();
    await hand.write(page, 'Who uses it', 'night operator');
    await hand.press(page, 'Make a token');
    const secret = (await dialog.locator('.secret code').textContent())!.trim();
    const ask = () =>
      fetch(`${world.url}/api/v1/runs`, { headers: { Authorization: `Bearer ${secret}` } });
    expect((await ask()).status).toBe(200);
    await hand.press(page, 'Close');
    expect(await page.content()).not.toContain(secret);
    await hand.press(page, 'Revoke');
    await page.getByRole('dialog').waitFor();
    await hand.press(page, 'Revoke');
    await page.getByText('revoked').waitFor();
    expect((await ask()).status).toBe(401);
  });
});
