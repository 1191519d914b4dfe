import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPlans } from './plans';
import { World, watch } from './world';

/** Every page in every look, as pictures in build/results/pages: to be looked at. No page is wider than its window. */
const world = new World();
const out = join(import.meta.dirname, '../../build/results/pages');
let failed = '';
let good = '';

beforeAll(async () => {
  await world.start();
  mkdirSync(out, { recursive: true });
  await world.applySample();
  await applyPlans(world);
  failed = await world.startRun('daily_close');
  await world.ended(failed);
  world.mendSample();
  good = await world.startRun('daily_close');
  await world.ended(good);
  await world.apply(
    'name: revised\ntitle: 改訂の例\njobs:\n  a: {run: "echo 1"}\n  gone: {run: "true"}\n',
  );
  await world.apply(
    'name: revised\ntitle: 改訂の例\njobs:\n  a: {run: "echo 2"}\n  b: {run: "true", depends_on: [a]}\n',
  );
  await world.call('POST', '/workflows/revised:hold', { reason: '月末' });
});
afterAll(() => world.stop());

const PLACES = (): [string, string, string][] => [
  ['runs', '/runs', '.table-row[data-id]'],
  ['run-flow', `/runs/${encodeURIComponent(failed)}?job=check_osaka`, '.flow-job, .flow-block'],
  ['run-path', `/runs/${encodeURIComponent(failed)}?only=failed`, '.flow-job, .flow-block'],
  ['run-gantt', `/runs/${encodeURIComponent(good)}?view=gantt`, '.gantt-row'],
  ['run-log', `/runs/${encodeURIComponent(failed)}?view=list&job=check_osaka&tab=log`, '.log-line'],
  ['workflows', '/workflows', '.table-row[data-id]'],
  ['workflow', '/workflows/daily_close/overview', '.strip-day'],
  ['workflow-flow', '/workflows/daily_close/flow', '.flow-job, .flow-block'],
  ['revisions', '/workflows/revised/revisions', '.table-row[data-id]'],
  ['comparison', '/workflows/revised/revisions/1...2', '.diff-side .flow-job'],
  ['schedule', '/workflows/month_end/schedule?day=2040-12-28', '.entries li'],
  ['schedule-zone', '/workflows/new_york/schedule?day=2040-03-11', '.entries li'],
  ['calendars', '/calendars', '.table-row[data-id]'],
  ['calendar', '/calendars/jpbank?day=2040-05-03', '.month .day'],
  ['calendar-21', '/calendars/closing_21?day=2040-04-21', '.month .day'],
  ['business-dates', '/business-dates', '.date-card .waits'],
  ['business-date', '/business-dates/batch', '.plain td'],
  ['differences', '/differences', '.table-row[data-id]'],
  ['audit', '/audit', '.table-row[data-id]'],
  ['settings', '/settings', '.settings-block'],
];

describe('in the hand', () => {
  for (const lang of ['ja', 'en'] as const) {
    it(`no page is wider than a window of 360 pixels, ${lang}`, async () => {
      const page = await world.page({ lang, width: 360, height: 740 });
      for (const [name, place, ready] of PLACES()) {
        await page.goto(place);
        await page.locator(ready).first().waitFor({ state: 'attached' });
        await page.screenshot({ path: join(out, `${name}-${lang}-360.png`) });
        const wide = await page.evaluate(() => {
          const main = document.querySelector('.main')!;
          return Math.max(document.documentElement.scrollWidth, main.scrollWidth);
        });
        expect(wide, name).toBeLessThanOrEqual(360);
      }
    });
  }
});

describe('pictures', () => {
  for (const lang of ['ja', 'en'] as const) {
    for (const theme of ['light', 'dark', 'contrast'] as const) {
      it(`${lang}, ${theme}`, async () => {
        const page = await world.page({ lang, theme });
        const seen = watch(page, world);
        for (const [name, place, ready] of PLACES()) {
          await page.goto(place);
          await page.locator(ready).first().waitFor();
          await page.locator('[data-live="live"]').waitFor();
          await page.screenshot({ path: join(out, `${name}-${lang}-${theme}.png`) });
        }
        await page.goto(`/runs/${encodeURIComponent(failed)}`);
        await page.locator('.run-actions button').last().click();
        await page.locator('.preview table').waitFor();
        await page.screenshot({ path: join(out, `rerun-${lang}-${theme}.png`) });
        await page.goto('/business-dates/batch');
        await page.locator('.date-head button').first().click();
        await page.locator('.preview').waitFor();
        await page.screenshot({ path: join(out, `move-${lang}-${theme}.png`) });
        expect(seen).toEqual({ outside: [], errors: [] });
      });
    }
  }
});
