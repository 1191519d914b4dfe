import { writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { HANDS, type Hand } from './hands';
import type { Answer, World } from './world';

/** An operator at a browser, with one hand; what came of it is looked at in API and audit log. */
export class Operator {
  readonly hand: Hand;

  constructor(
    readonly world: World,
    readonly page: Page,
    readonly way: keyof typeof HANDS,
  ) {
    this.hand = HANDS[way];
  }

  /** A name that the tests of the other hand do not use. */
  own(name: string): string {
    return `${name}_${this.way}`;
  }

  /** A run whose first job waits for a file: it can be looked at in the middle. */
  async gated(name: string, more = ''): Promise<string> {
    await this.world.apply(
      `
name: ${name}
${more}
jobs:
  gate:
    run: 'while [ ! -e "$1" ]; do sleep 0.1; done'
    args: ["\${{ vars.sample_dir }}/open-${name}"]
  next: {run: "echo next", depends_on: [gate]}
  last: {run: "echo last", depends_on: [next]}
`,
      `${name}.yaml`,
    );
    const run = await this.world.startRun(name);
    await this.world.until(run, (each) => jobOf(each, 'gate').state === 'running');
    return run;
  }

  openGate(name: string): void {
    writeFileSync(`${this.world.sample}/open-${name}`, '');
  }

  async ended(name: string, jobs: string, params = ''): Promise<string> {
    await this.world.apply(`name: ${name}\n${params}jobs:\n${jobs}`, `${name}.yaml`);
    const run = await this.world.startRun(name);
    await this.world.ended(run);
    return run;
  }

  /** The dialog has its preview: says why and goes. */
  async confirm(label: string, reason: string): Promise<void> {
    const dialog = this.page.getByRole('dialog');
    await dialog.locator('.preview').waitFor();
    await this.hand.write(this.page, 'Reason', reason);
    await this.hand.press(this.page, label);
    await dialog.waitFor({ state: 'detached' });
  }

  async onRun(run: string, label: string, reason: string): Promise<void> {
    await this.page.goto(`/runs/${encodeURIComponent(run)}?view=list`);
    await this.page.locator('.run-title').waitFor();
    const shown = this.page
      .locator('.run-actions')
      .getByRole('button', { name: label, exact: true });
    if (await shown.isVisible()) await this.hand.press(this.page, label);
    else {
      await this.hand.press(this.page, 'More for this run');
      await this.hand.choose(this.page, label);
    }
    await this.confirm(label, reason);
  }

  async openJob(run: string, job: string, label: string): Promise<void> {
    await this.page.goto(`/runs/${encodeURIComponent(run)}?view=list&job=${job}`);
    await this.hand.press(this.page, 'Operations on the job');
    await this.hand.choose(this.page, label);
  }

  async onJob(run: string, job: string, label: string, reason: string): Promise<void> {
    await this.openJob(run, job, label);
    await this.confirm(label, reason);
  }

  async onWorkflow(workflow: string, label: string, reason: string): Promise<void> {
    await this.page.goto(`/workflows/${workflow}/overview`);
    await this.hand.press(this.page, 'Operations');
    await this.hand.choose(this.page, label);
    await this.confirm(label, reason);
  }

  /** On a job of every run from now on. */
  async onEvery(workflow: string, job: string, label: string, reason: string): Promise<void> {
    await this.page.goto(`/workflows/${workflow}/flow`);
    await this.page.locator('.flow-job').first().waitFor();
    await this.hand.pickJob(this.page, job);
    await this.hand.press(this.page, 'Operations on the job');
    await this.hand.choose(this.page, label);
    await this.confirm(label, reason);
  }

  async audited(action: string, target: string, reason: string): Promise<void> {
    const lines = (await this.world.audit()).filter(
      (line) => line.action === action && line.target === target,
    );
    expect(lines[0], `${action} ${target}`).toBeDefined();
    expect(lines[0].actor).toMatchObject({ name: 'admin', channel: 'ui', reason });
  }
}

export function jobOf(run: Answer, name: string): Answer {
  return run.jobs.find((job: Answer) => job.job === name);
}
