/** A server with its agent in a folder of its own, and a browser that is signed in to it.
 *
 * The store is what the server makes of real runs; no request is intercepted. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const ROOT = join(import.meta.dirname, '../..');
const BIN = process.env.DANDORI_BIN ?? join(ROOT, 'build/release/bin/dandori');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export type Lang = 'ja' | 'en';
export type Theme = 'light' | 'dark' | 'contrast';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at member by member in tests
export type Answer = any;

export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'dandori-ui-'));
  readonly data = join(this.folder, 'data');
  readonly sample = join(this.folder, 'sample');
  private process: ChildProcess | null = null;
  private browser: Browser | null = null;
  private contexts: BrowserContext[] = [];
  url = '';
  token = '';

  async start(): Promise<this> {
    await this.startServer();
    cpSync(join(ROOT, 'examples/daily_close'), this.sample, { recursive: true });
    await this.call('PUT', '/variables/sample_dir', { value: this.sample });
    return this;
  }

  private async startServer(): Promise<void> {
    const port = this.url ? new URL(this.url).port : '0';
    const environment: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C.UTF-8' };
    for (const name of Object.keys(environment)) {
      if (name.startsWith('DANDORI_')) delete environment[name];
    }
    const child = spawn(
      BIN,
      ['server', '--data', this.data, '--listen', `127.0.0.1:${port}`, '--timezone', 'Asia/Tokyo'],
      { cwd: this.folder, env: environment, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    this.process = child;
    this.url = await new Promise<string>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const ready = /^ready (http\S+)/.exec(line);
        if (ready) resolve(ready[1]!.replace(/\/$/, ''));
      });
    });
    this.token = readFileSync(join(this.data, 'admin.token'), 'utf8').trim();
  }

  /** The server dies at once; its agent and jobs go on. */
  async killServer(): Promise<void> {
    const child = this.process!;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  restartServer(): Promise<void> {
    return this.startServer();
  }

  async stop(): Promise<void> {
    if (this.process?.exitCode === null) await this.endJobs();
    for (const context of this.contexts) await context.close();
    await this.browser?.close();
    const child = this.process;
    if (child && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
    this.stopAgent();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Jobs outlive their server: those of a test end with it. */
  private async endJobs(): Promise<void> {
    const state = ['queued', 'running', 'suspended'];
    const reason = 'the test is over';
    await this.call('POST', '/bulk', {
      action: 'run.kill',
      filter: { state },
      reason,
      limit: 1000,
    });
    for (const run of (await this.get(`/runs?state=${state},stopping&limit=1000`)).items)
      await this.ended(run.name);
  }

  private stopAgent(): void {
    try {
      const pid = Number(readFileSync(join(this.data, 'agent/pid'), 'utf8').split(/\s/)[0]);
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (line.includes(this.data)) process.kill(pid, 'SIGTERM');
    } catch {
      // it has ended already
    }
  }

  // ---- the API, as a program sees it

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = text ? JSON.parse(text) : null;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return answer;
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path);
  }

  apply(text: string, name = 'test.yaml'): Promise<Answer> {
    return this.call('POST', '/workflows:apply', { files: [{ name, text }] });
  }

  applySample(): Promise<Answer> {
    return this.apply(
      readFileSync(join(this.sample, 'daily_close.yaml'), 'utf8'),
      'daily_close.yaml',
    );
  }

  /** Mends the line that makes the sample fail on its first run. */
  mendSample(): void {
    const file = join(this.sample, 'in/osaka.csv');
    writeFileSync(file, readFileSync(file, 'utf8').replace('10個', '10'));
  }

  async startRun(workflow: string, params: Record<string, unknown> = {}): Promise<string> {
    const run = await this.call('POST', '/runs', { workflow, params });
    return run.name as string;
  }

  run(name: string): Promise<Answer> {
    return this.get(`/runs/${encodeURIComponent(name)}`);
  }

  async jobState(run: string, job: string): Promise<string> {
    return (await this.get(`/runs/${encodeURIComponent(run)}/jobs/${job}`)).state;
  }

  /** The run once it satisfies the condition: asked again when the server says that it changed. */
  async until(name: string, holds: (run: Answer) => boolean): Promise<Answer> {
    const abort = new AbortController();
    const id = (await this.run(name)).id as string;
    const response = await fetch(`${this.url}/api/v1/events?topics=run:${id}`, {
      headers: { Authorization: `Bearer ${this.token}` },
      signal: abort.signal,
    });
    const reader = response.body!.getReader();
    const bound = setTimeout(() => abort.abort(new Error(`${name} did not get there`)), 60_000);
    try {
      for (;;) {
        const run = await this.run(name);
        if (holds(run)) return run;
        await reader.read();
      }
    } finally {
      clearTimeout(bound);
      abort.abort();
    }
  }

  ended(name: string): Promise<Answer> {
    return this.until(name, (run) => run.ended_at !== null);
  }

  async audit(): Promise<Answer[]> {
    return (await this.get('/audit?limit=1000')).items;
  }

  async journal(run: string): Promise<Answer[]> {
    return (await this.get(`/runs/${encodeURIComponent(run)}/journal?limit=1000`)).items;
  }

  // ---- the browser

  async page(
    options: {
      lang?: Lang;
      theme?: Theme;
      signedIn?: boolean;
      width?: number;
      height?: number;
    } = {},
  ): Promise<Page> {
    const { lang = 'en', theme = 'light', signedIn = true, width = 1440, height = 900 } = options;
    this.browser ??= await chromium.launch({
      executablePath: CHROMIUM,
      headless: true,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    const context = await this.browser.newContext({
      baseURL: this.url,
      viewport: { width, height },
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    this.contexts.push(context);
    const display = JSON.stringify({ lang, theme, density: 'normal', narrowNav: false });
    await context.addInitScript(
      `localStorage.getItem('dandori.display') ?? localStorage.setItem('dandori.display', ${JSON.stringify(display)})`,
    );
    if (signedIn) {
      const answer = await context.request.post('/api/v1/session', { data: { token: this.token } });
      if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);
    }
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    return page;
  }
}

export interface Watch {
  outside: string[];
  errors: string[];
}

/** Notes whatever the page asks of another host, and what it complains of. */
export function watch(page: Page, world: World): Watch {
  const seen: Watch = { outside: [], errors: [] };
  page.on('request', (request) => {
    if (!request.url().startsWith(world.url) && !request.url().startsWith('data:'))
      seen.outside.push(request.url());
  });
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('console', (message) => {
    if (
      message.type() === 'error' &&
      !/status of (401|404|409|422|503)|ERR_CONNECTION|ERR_INCOMPLETE|ERR_NETWORK/.test(
        message.text(),
      )
    ) {
      seen.errors.push(message.text());
    }
  });
  return seen;
}
