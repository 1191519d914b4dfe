import type { Preview, PreviewJob, PreviewMark } from '@/api/types';
import { type Lang, stateWord } from '@/i18n';
import { valueText } from '@/lib/text';

type Effect = PreviewJob['effect'];
const ORDER: Effect[] = [
  'start',
  'wait',
  'stop',
  'set',
  'accept',
  'hold',
  'disable',
  'skip',
  'not_run',
  'go_on',
  'keep',
];

export interface EffectRow {
  effect: Effect;
  count: number;
  jobs: PreviewJob[];
}

/** Rows of a preview: what moves first. The counts are of all jobs, the names of those that differ. */
export function groupByEffect(preview: Pick<Preview, 'counts' | 'jobs'>): EffectRow[] {
  return ORDER.flatMap((effect) => {
    const jobs = preview.jobs.filter((job) => job.effect === effect);
    const count = preview.counts[effect] ?? jobs.length;
    return count > 0 ? [{ effect, count, jobs }] : [];
  });
}

/** What is set or cleared by hand; of a job that is listed anyway its row says so. */
export function marksAlone(preview: Pick<Preview, 'jobs' | 'marks'>): PreviewMark[] {
  const named = new Set(preview.jobs.map((job) => `${job.run ?? ''}/${job.job}`));
  return (preview.marks ?? []).filter((mark) => !named.has(mark.target));
}

/** Jobs that run because of it: the number on the button. */
export function runsCount(preview: Pick<Preview, 'counts'>): number {
  return (
    (preview.counts['start'] ?? 0) + (preview.counts['wait'] ?? 0) + (preview.counts['hold'] ?? 0)
  );
}

/** `rows (c, d); total (d)`: outputs with the jobs that read them. */
export function outputsText(outputs: unknown): string {
  if (!Array.isArray(outputs)) return '';
  return (outputs as { name: string; readers?: string[] }[])
    .map(({ name, readers }) => `${name} (${(readers ?? []).join(', ')})`)
    .join('; ');
}

/** Outputs that later jobs read and a skipped job will not make. */
export function neededOutputs(
  preview: Pick<Preview, 'warnings'>,
): { name: string; readers: string[] }[] {
  return preview.warnings.flatMap((warning) => {
    if (warning.code !== 'preview.outputs_needed') return [];
    const { outputs } = warning as { outputs?: { name: string; readers?: string[] }[] };
    return (outputs ?? []).map(({ name, readers }) => ({ name, readers: readers ?? [] }));
  });
}

/** Jobs that would run: those that can be held before. */
export function canBeHeld(preview: Pick<Preview, 'jobs'>): string[] {
  return preview.jobs
    .filter((job) => job.effect === 'start' || job.effect === 'wait' || job.effect === 'hold')
    .map((job) => job.job);
}

/** A warning's facts as text: lists by their names, outputs with their readers, runs with their state. */
export function warningArgs(lang: Lang, facts: Record<string, unknown>): Record<string, string> {
  const one = (value: unknown): string => {
    if (typeof value !== 'object' || value === null || !('run' in value)) return valueText(value);
    const { run, state } = value as { run: unknown; state?: unknown };
    return state ? `${valueText(run)} (${stateWord(lang, valueText(state))})` : valueText(run);
  };
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      name === 'outputs'
        ? outputsText(value)
        : Array.isArray(value)
          ? value.map(one).join(', ')
          : valueText(value),
    ]),
  );
}
