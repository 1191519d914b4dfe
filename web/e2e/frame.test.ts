import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violations } from './axe';
import { applyPlans } from './plans';
import { World, watch } from './world';

const world = new World();
beforeAll(() => world.start());
afterAll(() => world.stop());

async function palette(page: Page, text: string) {
  await page.keyboard.press('Control+k');
  await page
    .getByRole('dialog')
    .getByRole('textbox')
    .or(page.getByRole('combobox'))
    .first()
    .waitFor();
  await page.keyboard.type(text);
}

describe('the frame', () => {
  it('a wrong token is refused in words; the right one opens the page that was asked for', async () => {
    const page = await world.page({ signedIn: false });
    const seen = watch(page, world);
    await page.goto('/workflows');
    await page.getByLabel(/^Token/).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This token is not valid here.').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByLabel(/^Token/).fill(world.token);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Workflows', level: 1 }).waitFor();
    expect(await page.title()).toBe('Workflows · dandori');
    expect(await page.evaluate(() => document.cookie)).toBe(''); // the session is nothing a script can read
    expect(seen).toEqual({ outside: [], errors: [] });
  });

  it('empty pages say why and what next', async () => {
    const page = await world.page();
    await page.goto('/runs');
    await page.getByText('Nothing has run yet').waitFor();
    await page.getByRole('link', { name: 'To the workflows' }).click();
    await page.getByText('There is no workflow yet').waitFor();
  });

  it('the clock names its zone, and it is the server’s, not the browser’s', async () => {
    const page = await world.page();
    await page.goto('/runs');
    await page.locator('.clock', { hasText: /\d\d:\d\d:\d\d JST/ }).waitFor();
  });

  it('language and colours change at once and stay', async () => {
    const page = await world.page();
    await page.goto('/runs');
    await page.getByRole('button', { name: '日本語' }).click();
    await page.getByRole('heading', { name: '実行', level: 1 }).waitFor();
    expect(await page.title()).toBe('実行 · dandori');
    await page.getByRole('button', { name: '表示' }).click();
    await page.getByRole('menuitem', { name: 'ダーク' }).click();
    await page.reload();
    await page.getByRole('heading', { name: '実行', level: 1 }).waitFor();
    expect(
      await page.evaluate(() => [
        document.documentElement.lang,
        document.documentElement.dataset.theme,
      ]),
    ).toEqual(['ja', 'dark']);
  });

  it('Ctrl K leads everywhere without the mouse', async () => {
    const page = await world.page();
    await page.goto('/runs');
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
    await palette(page, 'Settings');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
  });

  it('? lists the keys, in the language of the reader', async () => {
    const page = await world.page({ lang: 'ja' });
    await page.goto('/runs');
    await page.getByRole('heading', { name: '実行', level: 1 }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'キーの一覧' }).getByText('Ctrl K').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('an address that does not exist, a run that does not exist: said, with the way on', async () => {
    const page = await world.page();
    await page.goto('/nowhere');
    await page.getByText('There is no page at this address').waitFor();
    await page.goto('/runs/nothing%231');
    await page.locator('.view-error', { hasText: 'run.unknown' }).waitFor();
  });

  it('when the server is gone the page says since when, and goes on by itself', async () => {
    await world.applySample();
    const page = await world.page();
    await page.goto('/runs');
    await page.locator('[data-live="live"]').waitFor();
    await world.killServer();
    await page.getByText(/No updates since \d\d:\d\d:\d\d JST/).waitFor();
    await world.restartServer();
    await page.locator('[data-live="live"]').waitFor();
    const run = await world.startRun('daily_close');
    await page.getByRole('link', { name: run, exact: true }).waitFor(); // [VIZ-02] without a reload
  });

  it('filters stand in the address; nothing found says how to see more', async () => {
    const page = await world.page();
    await page.goto('/runs?state=suspended');
    await page.getByText('No run matches the filters').waitFor();
    await page.getByRole('button', { name: 'Clear the filters' }).first().click();
    await page.getByRole('grid', { name: 'Runs' }).waitFor();
    expect(new URL(page.url()).search).toBe('');
  });

  it('signing out ends the session on the server too', async () => {
    const page = await world.page();
    await page.goto('/runs');
    await page.getByRole('button', { name: /admin/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    const answer = await page.request.get('/api/v1/runs');
    expect(answer.status()).toBe(401);
  });
});

describe('every page can be read by everybody', () => {
  for (const theme of ['light', 'dark'] as const) {
    it(`no rule of WCAG 2.1 AA is broken, ${theme}`, async () => {
      await world.applySample();
      await applyPlans(world);
      await world.apply(`name: revised\njobs:\n  a: {run: "echo ${theme}"}\n`);
      await world.apply(`name: revised\njobs:\n  b: {run: "echo ${theme}"}\n`);
      await world.call('POST', '/workflows/revised:hold', { reason: theme });
      const run = await world.startRun('daily_close');
      await world.ended(run);
      const page = await world.page({ theme });
      const path = `/runs/${encodeURIComponent(run)}`;
      const places: [string, string][] = [
        ['/runs', '.table-row[data-id]'],
        [path, '.flow-job'],
        [`${path}?view=gantt&job=check_osaka`, '.gantt-row'],
        [`${path}?view=list&job=check_osaka&tab=log`, '.log-line'],
        [`${path}?view=list&job=check_osaka&tab=attempts`, '.attempts li'],
        ['/workflows', '.table-row[data-id]'],
        ['/workflows/daily_close/overview', '.strip-day'],
        ['/workflows/daily_close/flow', '.flow-job'],
        ['/workflows/daily_close/revisions', '.table-row[data-id]'],
        ['/workflows/daily_close/runs', '.table-row[data-id]'],
        ['/workflows/month_end/schedule?day=2040-12-28', '.entries li'],
        ['/calendars', '.table-row[data-id]'],
        ['/calendars/closing_21?day=2040-12-31', '.month .day'],
        ['/business-dates', '.date-card .waits'],
        ['/business-dates/batch', '.date-card .waits'],
        ['/workflows/revised/revisions/1...2', '.diff-side .flow-job'],
        ['/differences', '.table-row[data-id]'],
        ['/audit', '.table-row[data-id]'],
        ['/settings', '.settings-block'],
      ];
      for (const [place, ready] of places) {
        await page.goto(place);
        await page.locator(ready).first().waitFor();
        expect(await violations(page), place).toEqual([]);
      }
      await page.goto(path);
      await page.getByRole('button', { name: 'Rerun…' }).first().click();
      await page.getByRole('button', { name: /^Rerun \d+ jobs$/ }).waitFor();
      expect(await violations(page), 'rerun dialog').toEqual([]);
      await page.goto('/business-dates/batch');
      await page.getByRole('button', { name: 'Advance…' }).click();
      await page.locator('.preview').waitFor();
      expect(await violations(page), 'business date dialog').toEqual([]);
    });
  }
});

describe('several tabs', () => {
  it('share one stream, and another goes on when the first is closed', async () => {
    await world.applySample();
    const first = await world.page();
    const streams: string[] = [];
    first.context().on('request', (request) => {
      if (request.url().includes('/api/v1/events')) streams.push(request.url());
    });
    await first.goto('/runs');
    await first.locator('[data-live="live"]').waitFor();
    const second = await first.context().newPage();
    await second.goto('/runs');
    await second.locator('[data-live="live"]').waitFor();
    expect(streams).toHaveLength(1);
    await first.close();
    const run = await world.startRun('daily_close');
    await second.getByRole('link', { name: run, exact: true }).waitFor();
    expect(streams).toHaveLength(2);
  });
});
