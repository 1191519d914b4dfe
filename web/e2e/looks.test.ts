import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World, watch } from './world';

/** Every page in every look, as pictures in build/results/pages: to be looked at.
 * And what an operator with a large workflow needs: it opens soon and moves smoothly. */
const world = new World();
const out = join(import.meta.dirname, '../../build/results/pages');
let failed = '';
let good = '';

beforeAll(async () => {
  await world.start();
  mkdirSync(out, { recursive: true });
  await world.applySample();
  failed = await world.startRun('daily_close');
  await world.ended(failed);
  world.mendSample();
  good = await world.startRun('daily_close');
  await world.ended(good);
});
afterAll(() => world.stop());

const PLACES = (): [string, string, string][] => [
  ['runs', '/runs', '.table-row[data-id]'],
  ['run-flow', `/runs/${encodeURIComponent(failed)}?job=check_osaka`, '.flow-job'],
  ['run-gantt', `/runs/${encodeURIComponent(good)}?view=gantt`, '.gantt-row'],
  ['run-log', `/runs/${encodeURIComponent(failed)}?view=list&job=check_osaka&tab=log`, '.log-line'],
  ['workflows', '/workflows', '.table-row[data-id]'],
  ['workflow', '/workflows/daily_close/overview', '.strip-day'],
  ['audit', '/audit', '.table-row[data-id]'],
  ['settings', '/settings', '.settings-block'],
];

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
        expect(seen).toEqual({ outside: [], errors: [] });
      });
    }
  }
});

describe('[VIZ-01] a workflow of a thousand jobs', () => {
  const layers = 20;
  const width = 50;
  const jobs = Array.from({ length: layers * width }, (_, i) => {
    const [layer, at] = [Math.floor(i / width), i % width];
    const before =
      layer === 0 ? [] : [at, (at * 7 + layer) % width].map((k) => `j_${(layer - 1) * width + k}`);
    return `  j_${i}: {type: noop${before.length > 0 ? `, depends_on: [${[...new Set(before)].join(', ')}]` : ''}}`;
  });

  it('opens in under a second and moves at 30 frames a second or more', async () => {
    await world.apply(`name: large\njobs:\n${jobs.join('\n')}\n`, 'large.yaml');
    const run = await world.startRun('large');
    await world.ended(run);
    const page = await world.page();
    await page.goto('/runs');
    await page.getByRole('link', { name: run, exact: true }).waitFor();
    await page.goto(`/runs/${encodeURIComponent(run)}`); // the code is in the cache of the browser
    await page.locator('.flow-block, .flow-job').first().waitFor();
    await page.goto('/runs');
    const begin = Date.now();
    await page.getByRole('link', { name: run, exact: true }).click();
    await page.locator('.flow-block, .flow-job').first().waitFor();
    const opened = Date.now() - begin;
    const box = (await page.locator('.flow').boundingBox())!;
    const frames = page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let count = 0;
          const start = performance.now();
          const tick = () => {
            count += 1;
            const spent = performance.now() - start;
            if (spent < 2000) requestAnimationFrame(tick);
            else resolve((count * 1000) / spent);
          };
          requestAnimationFrame(tick);
        }),
    );
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    for (let i = 0; i < 60; ++i)
      await page.mouse.move(
        box.x + box.width / 2 + Math.sin(i / 8) * 200,
        box.y + box.height / 2 + i,
      );
    await page.mouse.up();
    const perSecond = await frames;
    console.log(
      `1,000 jobs: opened in ${opened} ms, ${perSecond.toFixed(0)} frames a second while moving`,
    );
    expect(opened).toBeLessThan(1000);
    expect(perSecond).toBeGreaterThanOrEqual(30);
  });
});
