import type { Page } from 'playwright-core';

/** How an operator asks for something: by the mouse, or by keys alone. */
export interface Hand {
  /** Presses the button with this name; in a dialog only its own are within reach. */
  press(page: Page, name: string): Promise<void>;
  /** Chooses an entry of the menu that is open. */
  choose(page: Page, name: string): Promise<void>;
  write(page: Page, label: string, text: string): Promise<void>;
  /** Chooses one of several ways. */
  pick(page: Page, name: string): Promise<void>;
  /** Chooses an entry of a list that opens below its field. */
  pickFrom(page: Page, label: string, entry: string): Promise<void>;
  /** A date and time, such as `2030-01-02T03:04`. */
  writeTime(page: Page, label: string, text: string): Promise<void>;
  selectAll(page: Page): Promise<void>;
  /** Makes a job of the flow the one that is looked at. */
  pickJob(page: Page, job: string): Promise<void>;
}

const byMouse: Hand = {
  async press(page, name) {
    await within(page).getByRole('button', { name, exact: true }).first().click();
  },
  async choose(page, name) {
    await page.getByRole('menuitem', { name, exact: true }).click();
  },
  async write(page, label, text) {
    await within(page)
      .getByLabel(new RegExp(`^${label}`))
      .first()
      .fill(text);
  },
  async pick(page, name) {
    await within(page).getByRole('radio', { name }).click();
  },
  async pickFrom(page, label, entry) {
    await within(page).getByLabel(label).and(page.locator('input')).first().click();
    await page.getByRole('option', { name: entry, exact: true }).click();
    await page.keyboard.press('Tab');
  },
  writeTime(page, label, text) {
    return byMouse.write(page, label, text);
  },
  async selectAll(page) {
    await page.getByLabel('Select all that are loaded').check();
  },
  async pickJob(page, job) {
    await page.locator(`.flow-job[data-job="${job}"]`).click();
  },
};

/** The dialog that is open, else the page. */
function within(page: Page) {
  return page.locator('[role="dialog"], body:not(:has([role="dialog"]))').last();
}

/** Name of what has the focus, as it is read out. */
function focused(page: Page): Promise<{ name: string; role: string }> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null;
    if (!element) return { name: '', role: '' };
    const labels = [...((element as HTMLInputElement).labels ?? [])];
    const name =
      element.getAttribute('aria-label') ?? labels[0]?.textContent ?? element.textContent ?? '';
    return {
      name: name.replace(/\s*\*$/, '').trim(),
      role:
        element.getAttribute('role') ??
        (element.matches('input[type=radio]') ? 'radio' : element.tagName.toLowerCase()),
    };
  });
}

/** Presses Tab until what has the focus is what is wanted; at once when it has it already. */
export async function tabTo(
  page: Page,
  wanted: string | ((focus: { name: string; role: string }) => boolean),
): Promise<void> {
  const is =
    typeof wanted === 'string' ? (focus: { name: string }) => focus.name === wanted : wanted;
  for (let presses = 0; presses < 150; ++presses) {
    if (is(await focused(page))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no Tab leads to ${wanted}`);
}

const byKeyboard: Hand = {
  async press(page, name) {
    await page.getByRole('button', { name, exact: true }).first().waitFor();
    await tabTo(page, name);
    await page.keyboard.press('Enter');
  },
  async choose(page, name) {
    await page.getByRole('menuitem', { name, exact: true }).waitFor();
    for (let presses = 0; (await focused(page)).name !== name; ++presses) {
      if (presses > 20) throw new Error(`no arrow leads to ${name}`);
      await page.keyboard.press('ArrowDown');
    }
    await page.keyboard.press('Enter');
  },
  async write(page, label, text) {
    await tabTo(page, (focus) => focus.name.startsWith(label));
    await page.keyboard.press('Control+a');
    await page.keyboard.type(text);
  },
  async pick(page, name) {
    for (let groups = 0; groups < 3; ++groups) {
      await tabTo(page, (focus) => focus.role === 'radio');
      const first = (await focused(page)).name;
      do {
        if ((await focused(page)).name.startsWith(name)) return page.keyboard.press('Space');
        await page.keyboard.press('ArrowDown');
      } while ((await focused(page)).name !== first);
      await page.keyboard.press('Tab'); // it is one of another group
    }
    throw new Error(`no arrow leads to ${name}`);
  },
  async pickFrom(page, label, entry) {
    await tabTo(page, (focus) => focus.name.startsWith(label));
    await page.keyboard.type(entry);
    await page.getByRole('option', { name: entry, exact: true }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
  },
  async writeTime(page, label, text) {
    const [, year, month, day, hour, minute] = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+)$/.exec(text)!;
    await tabTo(page, (focus) => focus.name.startsWith(label));
    // The field of an English browser: month, day, year, hours of twelve, minutes, half of the day.
    await page.keyboard.type(`${month}${day}${year}`);
    await page.keyboard.press('Tab');
    await page.keyboard.type(`${hour}${minute}AM`);
  },
  async selectAll(page) {
    await tabTo(page, (focus) => focus.role === 'grid');
    await page.keyboard.press('Control+a');
  },
  async pickJob(page, job) {
    await tabTo(page, (focus) => focus.role === 'application');
    const here = page.locator(`.flow-job[data-job="${job}"][data-active]`);
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown']) {
      if (await here.isVisible()) return;
      await page.keyboard.press(key);
    }
    await here.waitFor();
  },
};

export const HANDS = { mouse: byMouse, keyboard: byKeyboard } as const;
