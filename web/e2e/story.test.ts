import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tabTo } from './hands';
import { type Lang, World, watch } from './world';

/** The main job: it fails, is seen, explained, mended, rerun from the failed job, and ends well. */
const world = new World();
beforeAll(async () => {
  await world.start();
  await world.applySample();
});
afterAll(() => world.stop());

async function provenEverywhere(run: string, lang: Lang) {
  const after = await world.ended(run);
  expect(after.state, lang).toBe('succeeded');
  const attempts = Object.fromEntries(
    after.jobs.map((job: { job: string; attempt: number }) => [job.job, job.attempt]),
  );
  expect(attempts).toMatchObject({
    prepare: 1,
    load_tokyo: 1,
    check_osaka: 2,
    load_osaka: 1,
    report: 1,
  });
  const audit = (await world.audit()).filter(
    (line) => line.action === 'run.rerun' && line.target === run,
  );
  expect(audit).toHaveLength(1);
  expect(audit[0].actor).toMatchObject({ name: 'admin', channel: 'ui', reason: 'quantity mended' });
  expect((await world.journal(run)).map((line) => line.kind)).toContain('run.reopened');
}

async function failedRun(): Promise<string> {
  const file = `${world.sample}/in/osaka.csv`;
  const { readFileSync, writeFileSync } = await import('node:fs');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/,10,115/, ',10個,115'));
  const run = await world.startRun('daily_close');
  await world.ended(run);
  return run;
}

async function seesState(page: Page, state: string) {
  await page.locator(`.run-title [data-state="${state}"]`).first().waitFor({ timeout: 40_000 });
}

describe('the main job in the browser', () => {
  it('[VIZ-02] by mouse: seen, explained, rerun from the failed job, ends well, all within 60 seconds', async () => {
    const run = await failedRun();
    const page = await world.page({ lang: 'en' });
    const seen = watch(page, world);
    const begin = Date.now();
    await page.goto('/runs');
    await page.getByRole('link', { name: run, exact: true }).click();
    const banner = page.getByRole('region', { name: /check_osaka failed/ });
    await banner.getByText('is not a number').waitFor();
    expect(await banner.textContent()).toContain('load_osaka, total, report');
    await banner.getByRole('button', { name: 'Open the log' }).click();
    await page.locator('.log-line', { hasText: '10個' }).first().waitFor();
    await page.getByRole('tab', { name: 'Why' }).click();
    await page.locator('.why', { hasText: 'exit code 2' }).waitFor();
    world.mendSample();
    await page.getByRole('button', { name: 'Rerun…' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('From the failed jobs (recommended)').waitFor();
    await dialog.getByLabel('Reason').fill('quantity mended');
    await dialog.getByRole('button', { name: /^Rerun 4 jobs$/ }).click();
    await seesState(page, 'succeeded'); // without a reload
    expect(Date.now() - begin).toBeLessThan(60_000);
    await provenEverywhere(run, 'en');
    expect(seen).toEqual({ outside: [], errors: [] });
  });

  it('by keyboard alone, in Japanese', async () => {
    const run = await failedRun();
    const page = await world.page({ lang: 'ja' });
    await page.goto('/runs');
    await page.getByRole('grid').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('ジョブネット、実行、ページ、操作').waitFor();
    await page.keyboard.type(run);
    await page
      .getByRole('option', { name: run })
      .or(page.locator('[data-action]', { hasText: run }))
      .first()
      .waitFor();
    await page.keyboard.press('Enter');
    await page
      .getByText('のため')
      .or(page.getByText('このため実行されなかったもの'))
      .first()
      .waitFor();
    await tabTo(page, 'ログを開く');
    await page.keyboard.press('Enter');
    await page.locator('.log-line', { hasText: '10個' }).first().waitFor();
    world.mendSample();
    await tabTo(page, '再実行…');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('失敗したジョブから(推奨)').waitFor();
    await dialog.getByRole('button', { name: '4 ジョブを再実行' }).waitFor();
    await tabTo(page, '理由');
    await page.keyboard.type('quantity mended');
    await tabTo(page, '4 ジョブを再実行');
    await page.keyboard.press('Enter');
    await seesState(page, 'succeeded');
    await provenEverywhere(run, 'ja');
  });

  it('[MON-02] a log is followed live and loses or doubles no line when the server restarts', async () => {
    await world.apply(`
name: talker
jobs:
  talk:
    run: 'for i in $(seq 1 60); do echo "line $i of 60"; sleep 0.15; done'
`);
    const run = await world.startRun('talker');
    await world.until(run, (each) => each.jobs[0].state === 'running');
    const page = await world.page({ lang: 'en' });
    await page.goto(`/runs/${encodeURIComponent(run)}?job=talk&tab=log`);
    await page
      .locator('.log-line', { hasText: /^\d+line \d+ of 60$/ })
      .first()
      .waitFor();
    await world.killServer();
    await world.restartServer();
    await page.locator('.log-line', { hasText: 'line 60 of 60' }).waitFor({ timeout: 60_000 });
    await seesState(page, 'succeeded');
    await page.getByText('60 lines · complete').waitFor();
    await page.getByRole('button', { name: 'Copy the lines' }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied.split('\n')).toEqual(Array.from({ length: 60 }, (_, i) => `line ${i + 1} of 60`));
  });
});
