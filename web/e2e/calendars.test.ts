import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tabTo } from './hands';
import { applyPlans } from './plans';
import { World, watch } from './world';

const world = new World();
beforeAll(async () => {
  await world.start();
  await applyPlans(world);
});
afterAll(() => world.stop());

function at(page: Page, date: string) {
  return page.locator(`.day[data-date="${date}"]`);
}
const line = (page: Page, date: string, text: string) =>
  at(page, date).locator('.day-lines > *', { hasText: text });
const dayPanel = (page: Page) => page.locator('.day-panel');

describe('a calendar as a year', () => {
  it('[CAL-01] is found in the list and read day by day with keys alone, over the end of the year', async () => {
    const page = await world.page();
    const seen = watch(page, world);
    await page.goto('/calendars?sel=jpbank');
    await page.locator('.table-row[data-id="jpbank"]').waitFor();
    await tabTo(page, (focus) => focus.role === 'grid');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: '銀行営業日' }).waitFor();
    await page.goto('/calendars/jpbank?day=2040-12-30');
    await at(page, '2040-12-30').waitFor();
    await tabTo(page, (focus) => focus.name.startsWith('2040-12-30'));
    await page.keyboard.press('ArrowRight');
    await dayPanel(page).getByText('大晦日, rule 1 of jpbank').waitFor();
    expect(await page.locator('.rules li[data-decides]').textContent()).toContain('大晦日');
    await page.keyboard.press('ArrowRight'); // the next year
    await page.locator('.year-now', { hasText: '2041' }).waitFor();
    await dayPanel(page).getByText("New Year's Day, rule 1 of jp_business").waitFor();
    await page.keyboard.press('ArrowRight');
    await dayPanel(page).getByText('正月休み, rule 2 of jpbank').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await dayPanel(page).getByText('open', { exact: true }).waitFor();
    expect(new URL(page.url()).searchParams.get('day')).toBe('2041-01-04');
    expect(seen).toEqual({ outside: [], errors: [] });
  });

  it('a day that another calendar decides leads there, to the same day', async () => {
    const page = await world.page({ lang: 'ja' });
    await page.goto('/calendars/jpbank?day=2040-05-03');
    await dayPanel(page).getByText('憲法記念日、jp_business の規則 1').waitFor();
    await page.locator('.rules li[data-decides]', { hasText: 'jp_business' }).waitFor();
    await dayPanel(page).getByRole('link', { name: 'jp_business' }).click();
    await page.getByRole('heading', { level: 1, name: '日本の営業日' }).waitFor();
    await page.locator('.rules li[data-decides]', { hasText: 'holidays: japan' }).waitFor();
    expect(new URL(page.url()).searchParams.get('day')).toBe('2040-05-03');
  });

  it('the pointer shows the rule of a day without choosing it', async () => {
    const page = await world.page();
    await page.goto('/calendars/jpbank?day=2040-05-01');
    await at(page, '2040-05-05').hover();
    await dayPanel(page).getByText("Children's Day, rule 1 of jp_business").waitFor();
    expect(new URL(page.url()).searchParams.get('day')).toBe('2040-05-01');
  });

  it('open and closed are told by more than colour, and count up to the year', async () => {
    const page = await world.page();
    await page.goto('/calendars/jpbank?year=2040');
    await at(page, '2040-05-03').waitFor();
    const closed = await page.locator('.months .day[data-closed]').count();
    const legend = (await page.locator('.legend').textContent()) ?? '';
    expect(legend).toContain(`${closed} closed days`);
    expect(legend).toContain(`${366 - closed} open days`);
    expect(await at(page, '2040-05-03').textContent()).toContain('closed: Constitution');
  });

  it('months that begin on the 21st are seen; a year whose holidays are not announced warns', async () => {
    const page = await world.page({ lang: 'ja' });
    await page.goto('/calendars/closing_21?day=2040-04-21');
    await dayPanel(page).getByText('5月度: 2040-04-21 – 2040-05-20').waitFor();
    expect(await page.locator('.months .day[data-month-first]').count()).toBe(12);
    await page.getByText(/より後の祝日はまだ公表されていません/).waitFor();
  });

  it('what uses it is linked; a new revision is shown without a reload', async () => {
    const page = await world.page();
    await page.goto('/calendars/jpbank?year=2040');
    const more = page.locator('.calendar-more');
    await more.getByRole('link', { name: 'month_end' }).waitFor();
    await more.getByRole('link', { name: 'batch' }).waitFor();
    await more.getByRole('link', { name: 'closing_21' }).waitFor();
    await page.locator('[data-live="live"]').waitFor();
    await world.apply(
      'kind: Calendar\nname: jpbank\ntitle: 銀行営業日\ntimezone: Asia/Tokyo\nday_starts_at: "05:00"\nextends: jp_business\nrules:\n' +
        '  - closed: {dates: {"12-31": 大晦日}}\n  - closed: {dates: ["01-02", "01-03"]}\n    title: 正月休み\n' +
        '  - closed: {dates: ["2040-06-01"]}\n    title: 棚卸\n',
    );
    await page.locator('.page-head').getByText('revision 2').waitFor();
    await at(page, '2040-06-01').and(page.locator('[data-closed]')).waitFor();
  });

  it('an unknown calendar is said, with its code', async () => {
    const page = await world.page();
    await page.goto('/calendars/nothing');
    await page.locator('.view-error', { hasText: 'calendar.unknown' }).waitFor();
  });
});

describe('the schedule of a workflow', () => {
  const month = '/workflows/month_end/schedule?month=2040-12';

  it('[CAL-03] a shifted start stands at both ends of its way, with every step', async () => {
    const page = await world.page({ lang: 'ja' });
    const seen = watch(page, world);
    await page.goto(month);
    await line(page, '2040-12-28', '22:00 ← 12/31').waitFor();
    await line(page, '2040-12-31', '22:00 → 12/28').waitFor();
    await at(page, '2040-12-28').click();
    const panel = page.locator('.schedule-day');
    await panel.getByText('12/31(月) は休業日(大晦日、jpbank の規則 1)').waitFor();
    await panel.getByText(/前の運用日 12\/28\(金\) へ移動/).waitFor();
    await page.getByText('時刻は Asia/Tokyo (JST)').waitFor();
    expect(seen).toEqual({ outside: [], errors: [] });
  });

  it('[CAL-01] a dropped date is struck through and keeps its reason; keys lead from day to day', async () => {
    const page = await world.page();
    await page.goto('/workflows/month_end/schedule?day=2040-12-28');
    await at(page, '2040-12-28').waitFor();
    await tabTo(page, (focus) => focus.name.startsWith('2040-12-28'));
    await page.keyboard.press('ArrowRight');
    const saturday = at(page, '2040-12-29');
    await saturday.locator('s', { hasText: '06:00 a closed day' }).waitFor();
    expect(await saturday.textContent()).toContain('no start: 06:00 a closed day');
    await page
      .locator('.schedule-day')
      .getByText(/Sat 29 Dec is closed/)
      .waitFor();
    await page.keyboard.press('PageDown'); // January of the next year
    await page.getByRole('heading', { name: 'January 2041' }).waitFor();
  });

  it('hours past 24 stand on the date they are written for, many starts as their number', async () => {
    const page = await world.page();
    await page.goto(month);
    await line(page, '2040-12-10', '10 starts 06:00–26:00').waitFor();
  });

  it('[TRG-04] an hour that the clock skips is named', async () => {
    const page = await world.page();
    await page.goto('/workflows/new_york/schedule?day=2040-03-11');
    const panel = page.locator('.schedule-day');
    await panel.getByText(/that time does not exist .*03:00 EDT/).waitFor();
    await line(page, '2040-03-11', '03:00 (02:30 does not exist)').waitFor();
    await page.getByText('times in America/New_York (EST, EDT)').waitFor();
  });

  it('the next starts come with the dates that are dropped between them, and why', async () => {
    const page = await world.page({ lang: 'ja' });
    await page.goto('/workflows/month_end/schedule');
    const list = page.locator('.next-list');
    await list.locator('tr[data-dropped]', { hasText: '休業日(土曜日)' }).first().waitFor();
    expect(await list.locator('tbody tr:not([data-dropped])').count()).toBe(30);
  });

  it('of calendars that are combined, the one that closes the day is named', async () => {
    const page = await world.page();
    await page.goto('/workflows/both_open/schedule?day=2040-12-27');
    await at(page, '2040-12-27').locator('s', { hasText: '09:00 a closed day' }).waitFor();
    await page.locator('.schedule-day').getByText('closed: date, rule 1 of stocktaking').waitFor();
    await line(page, '2040-12-28', '09:00').waitFor();
  });

  it('a start leads to its run as soon as it is there', async () => {
    const soon = Date.now() + 1500;
    const date = new Date(soon + 9 * 3_600_000).toISOString().slice(0, 10); // in Tokyo
    const trigger = `{type: once, at: "${new Date(soon).toISOString()}"}`;
    await world.apply(`name: soon\ntriggers: {t: ${trigger}}\njobs: {a: {run: "true"}}\n`);
    const page = await world.page();
    await page.goto(`/workflows/soon/schedule?day=${date}`);
    await page.locator('.schedule-day').getByRole('link', { name: 'run' }).click();
    await page.getByRole('heading', { level: 1, name: /soon.*#1/ }).waitFor();
  });
});
