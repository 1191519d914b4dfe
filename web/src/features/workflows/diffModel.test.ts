import { describe, expect, it } from 'vitest';
import type { DefinitionChange } from '@/api/types';
import { diffRow, signsOf, yamlText } from './diffModel';

const change = (some: Partial<DefinitionChange>): DefinitionChange => ({
  op: 'changed',
  subject: 'job',
  path: '',
  before: null,
  after: null,
  ...some,
});

describe('what changed between two revisions', () => {
  it('is named by its job and member', () => {
    const run = change({ job: 'a', path: '/jobs/a/run', before: 'echo 1', after: 'echo 2' });
    expect(diffRow(run)).toMatchObject({ name: 'a', member: 'run', before: 'echo 1' });
    const wait = change({
      op: 'added',
      subject: 'dependency',
      job: 'c',
      path: '/jobs/c/depends_on/b',
    });
    expect(diffRow(wait)).toMatchObject({ name: 'c', member: 'b', before: '', after: '' });
    const owner = change({ subject: 'workflow', path: '/overlap/policy', after: 'queue' });
    expect(diffRow(owner)).toMatchObject({ name: '', member: 'overlap.policy', after: 'queue' });
  });

  it('marks a job as new, gone, or changed when anything of it is', () => {
    const signs = signsOf([
      change({ op: 'added', job: 'b', path: '/jobs/b' }),
      change({ op: 'removed', job: 'gone', path: '/jobs/gone' }),
      change({ op: 'added', subject: 'dependency', job: 'c', path: '/jobs/c/depends_on/b' }),
      change({ subject: 'trigger', path: '/triggers/daily/cron' }),
    ]);
    expect([...signs]).toEqual([
      ['b', 'added'],
      ['gone', 'removed'],
      ['c', 'changed'],
    ]);
  });

  it('shows a value as in a definition', () => {
    expect(yamlText({ run: 'true', retry: { max: 2 }, tags: ['x', 'y'] })).toBe(
      'run: true\nretry:\n  max: 2\ntags: [x, y]',
    );
    expect(yamlText(null)).toBe('');
  });
});
