import { describe, expect, it } from 'vitest';
import { RUN_STATES, segmentsOf, shapeOf, worstShape } from './states';

describe('states', () => {
  it('each state of a run has a look of its own kind', () => {
    for (const state of RUN_STATES) expect(shapeOf(state)).not.toBe('unknown');
  });
  it('a word nobody knows is unknown, not good', () => {
    expect(shapeOf('marvellous')).toBe('unknown');
  });
  it('the worst of several is shown', () => {
    expect(worstShape(['succeeded', 'running', 'failed'])).toBe('failed');
    expect(worstShape(['succeeded', 'skipped'])).toBe('succeeded');
    expect(worstShape([])).toBe('planned');
  });
  it('the parts of a progress bar add up', () => {
    const states = ['succeeded', 'skipped', 'failed', 'not_run', 'running', 'wait_pred', 'warning'];
    const parts = segmentsOf(states);
    expect(parts).toEqual({ succeeded: 2, warning: 1, failed: 1, running: 1, stopped: 1, open: 1 });
    expect(Object.values(parts).reduce((a, b) => a + b)).toBe(states.length);
  });
});
