import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Operator } from './operator';
import { applyPlans } from './plans';
import { type Answer, World, watch } from './world';

/** Business dates in the browser, moved by mouse and by keyboard alone; whether they moved is looked at in
 * API and audit. After 2040-12-28 the bank is open on 2041-01-04, others on 2040-12-31. */
describe.each(['mouse', 'keyboard'] as const)('by %s', (way) => {
  const world = new World();
  let operator: Operator;
  beforeAll(async () => {
    await world.start();
    await applyPlans(world);
    operator = new Operator(world, await world.page({ lang: 'en' }), way);
  });
  afterAll(() => world.stop());
  const value = async (name: string) => (await world.get(`/business-dates/${name}`)).value;

  it('[BIZ-07] advanced with a reason: API, audit and every header say so, without a reload', async () => {
    const { page, hand } = operator;
    const other = await world.page({ lang: 'ja' });
    const seen = watch(page, world);
    await other.goto('/runs');
    const header = other.getByRole('navigation', { name: '業務日付' });
    await header.getByText('2040-12-28 (金)').first().waitFor();
    await other.locator('[data-live="live"]').waitFor();
    await page.goto('/business-dates/batch');
    await hand.press(page, 'Advance…');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('business date batch: 2040-12-28 (Fri) → 2041-01-04 (Fri)').waitFor();
    await dialog.getByText('it waits for 1 workflows that have not ended: feeder').waitFor();
    await operator.confirm('Advance', 'the night was done by hand');
    await page.locator('.date-value', { hasText: '2041-01-04' }).waitFor();
    await page.getByRole('cell', { name: 'the night was done by hand' }).waitFor();
    await header.getByText('2041-01-04 (金)').waitFor();
    expect(await value('batch')).toBe('2041-01-04');
    expect(await value('online')).toBe('2040-12-28');
    await operator.audited('business_date.move', 'batch', 'the night was done by hand');
    expect(seen).toEqual({ outside: [], errors: [] });
  });

  it('set back by one, from the card of the list', async () => {
    const { page, hand } = operator;
    await page.goto('/business-dates');
    const card = page.getByRole('article', { name: 'online' });
    await card.getByText('by a job, or by hand').waitFor();
    // The first card is that of batch.
    await hand.press(page, 'Set back…');
    await page.getByRole('dialog').getByText('the one before: 2040-12-28 (Fri)').waitFor();
    await operator.confirm('Set back', 'too early');
    expect(await value('batch')).toBe('2040-12-28');
    await operator.audited('business_date.move', 'batch', 'too early');
  });

  it('runs that have not ended for it are named before it moves; without a reason nothing moves', async () => {
    const { page, hand } = operator;
    const run = await operator.gated('reader', 'business_date: {name: online}');
    await page.goto('/business-dates/online');
    await page.getByRole('link', { name: run }).waitFor();
    await hand.press(page, 'Advance…');
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`1 runs for the date are not over: ${run} (running)`).waitFor();
    await hand.press(page, 'Advance');
    await dialog.getByText('Write why: it stands in the audit log.').waitFor();
    await operator.confirm('Advance', 'it is only a test');
    expect(await value('online')).toBe('2040-12-31');
    expect((await world.run(run)).business_date).toBe('2040-12-28'); // [BIZ-01] pinned
    operator.openGate('reader');
    expect((await world.ended(run)).state).toBe('succeeded');
  });

  it('to a date that is typed', async () => {
    const { page, hand } = operator;
    await page.goto('/business-dates/online');
    await hand.press(page, 'Set back…');
    await hand.pick(page, 'another date');
    const field = page.getByRole('dialog').getByLabel('Date', { exact: true });
    await field.fill('2040-12-03');
    await operator.confirm('Set back', 'a test of the third');
    expect(await value('online')).toBe('2040-12-03');
    const moves: Answer[] = (await world.get('/business-dates/online/moves')).items;
    expect(moves[0]).toMatchObject({
      to: '2040-12-03',
      how: 'hand',
      reason: 'a test of the third',
    });
  });
});

it('who may only look sees the dates, and no button that moves them', async () => {
  const world = new World();
  await world.start();
  try {
    await applyPlans(world);
    const made = await world.call('POST', '/tokens', { name: 'watcher', role: 'viewer' });
    const page = await world.page({ signedIn: false });
    await page.goto('/business-dates/batch');
    await page.getByLabel(/^Token/).fill(made.secret);
    await page.keyboard.press('Enter');
    await page.locator('.date-value', { hasText: '2040-12-28' }).waitFor();
    await page.getByText(/not before .* and after the workflows/).waitFor();
    expect(await page.getByRole('button', { name: 'Advance…' }).count()).toBe(0);
  } finally {
    await world.stop();
  }
});
