import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HANDS } from './hands';
import { Operator } from './operator';
import { type Answer, World } from './world';

/** What an operator with much to look at needs: it opens soon and moves smoothly. */
const world = new World();
beforeAll(() => world.start());
afterAll(() => world.stop());

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

/** Starts many runs; so many at a time. */
async function startMany(workflow: string, count: number): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) await world.call('POST', '/runs', { workflow });
  };
  await Promise.all(Array.from({ length: 32 }, one));
}

describe('ten thousand runs of history', () => {
  it('the list opens in under a second, at its end too', async () => {
    await world.apply(
      'name: many\noverlap: {policy: parallel, max: 100}\njobs:\n  a: {type: noop}\n',
    );
    await startMany('many', 10_000);
    const page = await world.page();
    await page.goto('/workflows'); // the code is in the cache of the browser
    await page.locator('.table-row[data-id]').first().waitFor();
    const begin = Date.now();
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    await page.locator('.table-row[data-id]').first().waitFor();
    const opened = Date.now() - begin;
    console.log(`10,000 runs: the list opened in ${opened} ms`);
    expect(opened).toBeLessThan(1000);
    // Only what is seen is drawn.
    expect(await page.locator('.table-row[data-id]').count()).toBeLessThan(80);
  });
});

describe('[OPS-11] more than are loaded', () => {
  it('all that match the filter are held at once', async () => {
    const operator = new Operator(world, await world.page(), 'mouse');
    await operator.gated('crowd', 'overlap: {policy: queue, max_queue: 400}');
    await startMany('crowd', 300);
    const { page } = operator;
    const hand = HANDS.mouse;
    await page.goto('/runs?workflow=crowd&state=queued');
    await page.getByText('more than 200 rows').waitFor();
    await hand.selectAll(page);
    await hand.press(page, 'Choose all that match');
    await hand.press(page, 'More');
    await hand.choose(page, 'Hold');
    await page.getByRole('dialog').getByText('300 accepted, 0 refused').waitFor();
    await hand.write(page, 'Reason', 'too many');
    await hand.press(page, 'Hold (300)');
    await page
      .getByRole('dialog')
      .getByLabel(/^Reason/)
      .waitFor({ state: 'detached' });
    const queued = (await world.get('/runs?workflow=crowd&state=queued&limit=1000')).items;
    expect(queued).toHaveLength(300);
    const differences = (await world.get('/differences')).items;
    expect(differences.map((item: Answer) => item.run).sort()).toEqual(
      queued.map((run: Answer) => run.name).sort(),
    );
  });
});
