import type { Schemas } from '@/api/client';
import type { Run } from '@/api/types';
import { valueText } from '@/lib/text';
import { elapsedMs } from '@/lib/time';

export interface FolderNode {
  name: string;
  label: string;
  title: string;
  depth: number;
  workflows: number;
}

/** Folders as a tree in reading order; folders above that are not listed themselves are added. */
export function folderTree(folders: readonly Schemas['Folder'][]): FolderNode[] {
  const byName = new Map(folders.map((folder) => [folder.name, folder]));
  const names = new Set<string>();
  for (const { name } of folders) {
    const parts = name.split('/');
    for (let depth = 1; depth <= parts.length; ++depth) names.add(parts.slice(0, depth).join('/'));
  }
  names.delete('');
  return [...names]
    .sort((a, b) => (a.replaceAll('/', '\u0001') < b.replaceAll('/', '\u0001') ? -1 : 1))
    .map((name) => ({
      name,
      label: name.slice(name.lastIndexOf('/') + 1),
      title: byName.get(name)?.title ?? '',
      depth: name.split('/').length - 1,
      workflows: byName.get(name)?.workflows ?? 0,
    }));
}

/** `36...37`: the two revisions of a comparison. */
export function rangeOf(text: string | undefined): { from: number; to: number } | null {
  const found = /^(\d+)\.\.\.(\d+)$/.exec(text ?? '');
  if (!found) return null;
  const [from, to] = [Number(found[1]), Number(found[2])];
  return from >= 1 && to >= 1 ? { from, to } : null;
}

export const TABS = ['overview', 'flow', 'revisions', 'schedule', 'runs'] as const;
export type Tab = (typeof TABS)[number];

export function tabOf(text: string | undefined): Tab {
  return TABS.find((tab) => tab === text) ?? 'overview';
}

/** A member of the definition as text; nothing when it is not there. */
export function textOf(definition: Record<string, unknown>, name: string): string {
  return valueText(definition[name] ?? '');
}

export function pairsOf(value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([name, each]) => [name, valueText(each)]);
}

export interface Lasted {
  name: string;
  state: string;
  ms: number;
}

const LASTED_MOST = 60;

/** The newest runs that ended after they had started, oldest first. */
export function lastedOf(runs: readonly Run[]): Lasted[] {
  return runs
    .filter((run) => run.started_at !== null && run.ended_at !== null)
    .slice(0, LASTED_MOST)
    .map(({ name, state, started_at, ended_at }) => ({
      name,
      state,
      ms: elapsedMs({ started_at, ended_at }, 0) ?? 0,
    }))
    .reverse();
}

/** What so many in a hundred did not exceed (nearest rank); of none it is 0. */
export function percentile(runs: readonly Lasted[], part: number): number {
  const sorted = runs.map((run) => run.ms).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((part / 100) * sorted.length) - 1)] ?? 0;
}

/** A job of a definition, whether they are listed by name or in order. */
export function jobOf(definition: Record<string, unknown>, name: string): unknown {
  const { jobs } = definition;
  if (Array.isArray(jobs)) return jobs.find((job) => job?.name === name);
  return typeof jobs === 'object' && jobs !== null
    ? (jobs as Record<string, unknown>)[name]
    : undefined;
}

/** Number of jobs of a definition, whether they are listed by name or in order. */
export function jobCount(definition: Record<string, unknown>): number {
  const { jobs } = definition;
  if (Array.isArray(jobs)) return jobs.length;
  return typeof jobs === 'object' && jobs !== null ? Object.keys(jobs).length : 0;
}
