import { describe, expect, it } from 'vitest';
import type { Why } from '@/api/types';
import { whyNode, whyNodes } from './whyModel';

const en = { lang: 'en', zone: 'Asia/Tokyo', shortZone: 'JST' } as const;
const ja = { lang: 'ja', zone: 'Asia/Tokyo', shortZone: 'JST' } as const;
const failed: Why = {
  code: 'why.failed',
  ok: false,
  attempt: 1,
  agent: 'local',
  failure: 'exit',
  exit_code: 2,
  ended_at: '2026-11-27T22:37:34Z',
};

describe('why, in words', () => {
  it('says how a try ended, in both languages', () => {
    expect(whyNode(en, failed).sentence).toBe(
      'try 1 ended at 2026-11-28 07:37:34 (JST): exit code 2',
    );
    expect(whyNode(ja, failed).sentence).toBe(
      '試行 1 が 2026-11-28 07:37:34 (JST) に終了: 終了コード 2',
    );
  });
  it('a plain list of predecessors is its lines, and each leads to its log', () => {
    const child: Why = {
      code: 'why.predecessor',
      ok: false,
      job: 'load',
      state: 'failed',
      needs: ['succeeded', 'warning', 'skipped', 'bypassed'],
    };
    const nodes = whyNodes(en, [
      { code: 'why.predecessors', ok: false, join: 'all', children: [child] } as Why,
    ]);
    expect(nodes.map((node) => [node.sentence, node.job])).toEqual([['load: failed', 'load']]);
  });
  it('the special sentence wins over the general one', () => {
    const killed: Why = { code: 'why.not_run', ok: false, because: 'run_killed' };
    expect(whyNode(en, killed).sentence).toBe('the run was killed before it could start');
  });
  it('a code nobody here knows is shown with its arguments, not hidden', () => {
    expect(whyNode(en, { code: 'why.moon_phase', ok: null, phase: 'full' }).sentence).toBe(
      'why.moon_phase phase=full',
    );
  });
});
