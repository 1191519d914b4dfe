import type { DefinitionChange } from '@/api/types';
import type { Sign } from '@/ui/flow/Flow';

export interface DiffRow {
  op: DefinitionChange['op'];
  subject: DefinitionChange['subject'];
  /** Which job, trigger, parameter …; empty for the workflow itself. */
  name: string;
  /** What of it; empty when all of it is meant. */
  member: string;
  before: string;
  after: string;
}

/** A change in the parts that a reader looks for: of what, which member, before and after. */
export function diffRow(change: DefinitionChange): DiffRow {
  const parts = change.path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const inList = change.subject !== 'workflow';
  const member = inList ? parts.slice(2) : parts;
  return {
    op: change.op,
    subject: change.subject,
    name: inList ? (parts[1] ?? '') : '',
    member: change.subject === 'dependency' ? parts.slice(3).join('.') : member.join('.'),
    before: change.op === 'added' ? '' : yamlText(change.before),
    after: change.op === 'removed' ? '' : yamlText(change.after),
  };
}

/** What became of each job that differs. */
export function signsOf(changes: readonly DefinitionChange[]): Map<string, Sign> {
  const signs = new Map<string, Sign>();
  for (const change of changes) {
    if (!change.job) continue;
    const whole = change.path.split('/').length === 3;
    if (whole && (change.op === 'added' || change.op === 'removed'))
      signs.set(change.job, change.op);
    else if (!signs.has(change.job)) signs.set(change.job, 'changed');
  }
  return signs;
}

/** A value as it stands in a definition: an object by lines, not as JSON. */
export function yamlText(value: unknown, depth = 0): string {
  const pad = '  '.repeat(depth);
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) {
    return value.every((item) => typeof item !== 'object')
      ? `[${value.map(String).join(', ')}]`
      : value.map((item) => `${pad}- ${yamlText(item, depth + 1).trimStart()}`).join('\n');
  }
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(([name, each]) => {
      const nested = typeof each === 'object' && each !== null && !Array.isArray(each) ? '\n' : ' ';
      return `${pad}${name}:${nested}${yamlText(each, depth + 1)}`;
    })
    .join('\n');
}
