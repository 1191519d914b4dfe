/** How a state looks: the one place that knows. Words come from the catalogue (`state.<state>`). */
export type Shape =
  | 'planned'
  | 'waiting'
  | 'pool'
  | 'running'
  | 'succeeded'
  | 'warning'
  | 'failed'
  | 'unknown'
  | 'not_run'
  | 'held'
  | 'disabled'
  | 'skipped'
  | 'stopped';

const SHAPES = {
  planned: 'planned',
  wait_time: 'waiting',
  wait_pred: 'waiting',
  wait_event: 'waiting',
  retry_wait: 'waiting',
  queued: 'waiting',
  wait_pool: 'pool',
  starting: 'running',
  running: 'running',
  stopping: 'running',
  succeeded: 'succeeded',
  warning: 'warning',
  failed: 'failed',
  unknown: 'unknown',
  lost: 'unknown',
  not_run: 'not_run',
  held: 'held',
  suspended: 'held',
  disabled: 'disabled',
  skipped: 'skipped',
  bypassed: 'skipped',
  killed: 'stopped',
  interrupted: 'stopped',
  started: 'running', // of planned starts, as the next two
  missed: 'not_run',
  excluded: 'skipped',
} as const satisfies Record<string, Shape>;

export type State = keyof typeof SHAPES;

export function isState(word: string): word is State {
  return Object.hasOwn(SHAPES, word);
}

/** A word that this program does not know is drawn as unknown, never as something good. */
export function shapeOf(state: string): Shape {
  return isState(state) ? SHAPES[state] : 'unknown';
}

export const RUN_STATES = [
  'queued',
  'running',
  'suspended',
  'stopping',
  'succeeded',
  'warning',
  'failed',
  'killed',
  'interrupted',
  'not_run',
] as const satisfies readonly State[];

const ACTIVE: ReadonlySet<string> = new Set<State>(['starting', 'running', 'stopping']);
const ENDED: ReadonlySet<string> = new Set<State>([
  'succeeded',
  'warning',
  'failed',
  'killed',
  'interrupted',
  'not_run',
  'skipped',
  'bypassed',
  'unknown',
  'lost',
]);

export function isActive(state: string): boolean {
  return ACTIVE.has(state);
}

export function isEnded(state: string): boolean {
  return ENDED.has(state);
}

export function isBad(state: string): boolean {
  return state === 'failed' || state === 'killed' || state === 'unknown' || state === 'interrupted';
}

/** Worst first: what the summary of several jobs shows. */
const WORST: readonly Shape[] = [
  'failed',
  'unknown',
  'stopped',
  'held',
  'disabled',
  'warning',
  'running',
  'pool',
  'waiting',
  'not_run',
  'planned',
  'succeeded',
  'skipped',
];

export function worstShape(states: Iterable<string>): Shape {
  let worst = WORST.length;
  for (const state of states) worst = Math.min(worst, WORST.indexOf(shapeOf(state)));
  return WORST[worst] ?? 'planned';
}

export type Segment = 'succeeded' | 'warning' | 'failed' | 'running' | 'stopped' | 'open';

/** Parts of a progress bar, in the order drawn; they add up to the number of states. */
export function segmentsOf(states: readonly string[]): Record<Segment, number> {
  const made = { succeeded: 0, warning: 0, failed: 0, running: 0, stopped: 0, open: 0 };
  for (const state of states) made[segmentOf(shapeOf(state))] += 1;
  return made;
}

function segmentOf(shape: Shape): Segment {
  switch (shape) {
    case 'succeeded':
    case 'skipped':
      return 'succeeded';
    case 'warning':
      return 'warning';
    case 'failed':
    case 'unknown':
      return 'failed';
    case 'stopped':
    case 'not_run':
      return 'stopped';
    case 'running':
      return 'running';
    default:
      return 'open';
  }
}
