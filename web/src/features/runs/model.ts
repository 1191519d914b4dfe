import type { Schemas } from '@/api/client';
import type { RunFilter } from '@/api/queries';
import { RUN_STATES } from '@/lib/states';

/** What the address of the list says; the list is nothing but this. */
export interface RunsSearch {
  state?: string | undefined;
  workflow?: string | undefined;
  date?: string | undefined;
  sel?: string | undefined;
}

type RunState = Schemas['RunState'];

export function readRunsSearch(search: Record<string, unknown>): RunsSearch {
  const text = (name: string) => {
    const value = search[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return { state: text('state'), workflow: text('workflow'), date: text('date'), sel: text('sel') };
}

export function statesOf(text: string | undefined): RunState[] {
  const known: readonly string[] = RUN_STATES;
  return (text ?? '').split(',').filter((word): word is RunState => known.includes(word));
}

export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}

export function filterOf(search: RunsSearch): RunFilter {
  const states = statesOf(search.state);
  return {
    workflow: search.workflow,
    date: search.date && isDay(search.date) ? search.date : undefined,
    state: states.length > 0 ? states : undefined,
  };
}

export function hasFilter(search: RunsSearch): boolean {
  return Boolean(search.state || search.workflow || search.date);
}

export const NO_FILTER: RunsSearch = { state: undefined, workflow: undefined, date: undefined };

/** Ready-made choices of states. */
export const PRESETS = {
  all: '',
  attention: 'failed,killed,interrupted',
  active: 'queued,running,suspended,stopping',
} as const;
export type Preset = keyof typeof PRESETS;

export function presetOf(state: string | undefined): Preset | null {
  const found = Object.entries(PRESETS).find(([, states]) => states === (state ?? ''));
  return found ? (found[0] as Preset) : null;
}
