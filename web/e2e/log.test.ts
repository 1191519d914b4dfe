import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tabTo } from './hands';
import { World } from './world';

/** A long log of a job: searched as a whole, filtered, linked, copied. */
const world = new World();
let run = '';
beforeAll(async () => {
  await world.start();
  await world.apply(`
name: chatty
jobs:
  talk:
    run: |
      for i in $(seq 1 20000); do
        case $i in
          17) echo "ERROR: order 4711 is broken" ;;
          9000) echo "WARN: order 4711 is late" ;;
          19990) echo "order 4711 done" ;;
          *) echo "line $i" ;;
        esac
      done
`);
  run = await world.startRun('chatty');
  await world.ended(run);
});
afterAll(() => world.stop());
const address = () => `/runs/${encodeURIComponent(run)}?view=list&job=talk&tab=log`;

describe('[MON-12] a log of 20,000 lines', () => {
  it('is searched as a whole by keys alone, from hit to hit', async () => {
    const page = await world.page();
    await page.goto(address());
    await page.locator('.log-line[data-n="20000"]').waitFor(); // its end is shown first
    await tabTo(page, (focus) => focus.role === 'log');
    await page.keyboard.press('/');
    await page.keyboard.type('order 4711');
    await page.getByText('3 lines', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    const current = (n: number) => page.locator(`.log-line[data-n="${n}"][data-current]`).waitFor();
    await current(17);
    await tabTo(page, (focus) => focus.role === 'log');
    await page.keyboard.press('n');
    await current(9000);
    await page.keyboard.press('n');
    await current(19_990);
    await page.keyboard.press('N');
    await current(9000);
    await page.keyboard.press('Home');
    await page.locator('.log-line[data-n="1"]').waitFor();
    await page.keyboard.press('End');
    await page.locator('.log-line[data-n="20000"]').waitFor();
  });

  it('a link to a line opens it, and the line is marked', async () => {
    const page = await world.page();
    await page.goto(`${address()}&log=L9000`);
    await page.locator('.log-line[data-n="9000"][data-current]', { hasText: 'late' }).waitFor();
    await page.getByRole('button', { name: 'Link to line 9002' }).click();
    expect(new URL(page.url()).searchParams.get('log')).toBe('L9002');
  });

  it('only errors, or errors and warnings, are shown when asked for', async () => {
    const page = await world.page();
    await page.goto(`${address()}&log=L17`);
    await page.locator('.log-line[data-n="17"]').waitFor();
    await page.getByText('Errors', { exact: true }).click();
    await page.locator('.log-line[data-n="18"]').waitFor({ state: 'detached' });
    expect(await page.locator('.log-line').count()).toBe(1);
    expect(await page.locator('.log-line').textContent()).toContain('order 4711 is broken');
  });
});

describe('somebody who may only look', () => {
  it('sees everything and is offered nothing that would be refused', async () => {
    const made = await world.call('POST', '/tokens', { name: 'onlooker', role: 'viewer' });
    const page = await world.page({ signedIn: false });
    await page.goto(address());
    await page.getByLabel(/^Token/).fill(made.secret);
    await page.keyboard.press('Enter');
    await page.locator('.log-line').first().waitFor();
    for (const name of ['Rerun…', 'Operations on the job', 'More for this run'])
      expect(await page.getByRole('button', { name, exact: true }).count(), name).toBe(0);
    expect(await page.getByRole('checkbox', { name: /^Select/ }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Audit' }).count()).toBe(0);
    await page.goto('/workflows/chatty/overview');
    await page.locator('.strip').waitFor();
    expect(await page.getByRole('button', { name: 'Start…' }).count()).toBe(0);
    await page.goto('/settings');
    await page.getByText('New starts').waitFor();
    expect(await page.getByRole('button', { name: 'Drain' }).count()).toBe(0);
  });
});
