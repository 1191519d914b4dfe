export type RunView = 'flow' | 'gantt' | 'list';
export type JobTab = 'why' | 'log' | 'attempts' | 'params';

/** What the address of a run says: the view, the job looked at, which attempt, which line. */
export interface RunSearch {
  view?: RunView | undefined;
  job?: string | undefined;
  tab?: JobTab | undefined;
  attempt?: number | undefined;
  log?: string | undefined;
  text?: string | undefined;
  /** Only what failed and what leads to it. */
  only?: 'failed' | undefined;
}

const VIEWS: readonly string[] = ['flow', 'gantt', 'list'];
const TABS: readonly string[] = ['why', 'log', 'attempts', 'params'];

export function readRunSearch(search: Record<string, unknown>): RunSearch {
  const text = (name: string) => {
    const value = search[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const attempt = Number(search['attempt']);
  const view = text('view');
  const tab = text('tab');
  return {
    view: view && VIEWS.includes(view) ? (view as RunView) : undefined,
    job: text('job'),
    tab: tab && TABS.includes(tab) ? (tab as JobTab) : undefined,
    attempt: Number.isInteger(attempt) && attempt > 0 ? attempt : undefined,
    log: text('log'),
    text: text('text'),
    only: text('only') === 'failed' ? 'failed' : undefined,
  };
}

/** `L12` or `L12-20`: lines of a log. */
export function linesOf(log: string | undefined): { from: number; to: number } | null {
  const found = /^L(\d+)(?:-L?(\d+))?$/.exec(log ?? '');
  if (!found) return null;
  const from = Number(found[1]);
  return { from, to: Math.max(from, Number(found[2] ?? from)) };
}
