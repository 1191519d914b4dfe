import { api } from '@/api/client';
import type { RunFilter } from '@/api/queries';
import type { BulkResult } from '@/api/types';
import { shellWord } from '@/lib/text';

export type BulkAction =
  | 'run.rerun'
  | 'run.confirm'
  | 'run.cancel'
  | 'run.kill'
  | 'run.suspend'
  | 'run.resume'
  | 'run.hold'
  | 'run.release'
  | 'job.hold'
  | 'job.release'
  | 'job.skip'
  | 'job.unskip'
  | 'job.disable'
  | 'job.enable'
  | 'job.confirm'
  | 'job.kill'
  | 'workflow.disable'
  | 'workflow.enable'
  | 'workflow.hold'
  | 'workflow.release'
  | 'workflow.drain'
  | 'workflow.undrain';

/** Those that were chosen by name, or all that a filter of runs finds. */
export type Chosen = { names: string[] } | { filter: RunFilter };

const MOST = 1000; // more are refused by the server, with the number

export function bulkBody(action: BulkAction, chosen: Chosen) {
  return { action, filter: filterOf(action, chosen), limit: MOST };
}

function filterOf(action: BulkAction, chosen: Chosen) {
  if ('filter' in chosen) return chosen.filter;
  if (action.startsWith('run.')) return { runs: chosen.names };
  return action.startsWith('job.') ? { jobs: chosen.names } : { workflows: chosen.names };
}

export function bulk(
  action: BulkAction,
  chosen: Chosen,
  more: { reason?: string; dry_run?: boolean; plan_id?: string },
  key?: string,
): Promise<BulkResult> {
  const body = { ...bulkBody(action, chosen), ...more };
  return api.post('/api/v1/bulk', { body, ...(key ? { key } : {}) });
}

/** The same as a command line. */
export function bulkCommand(action: BulkAction, chosen: Chosen, reason: string): string {
  const verb = action.slice(action.indexOf('.') + 1);
  const words = ['dandori bulk', verb];
  if ('names' in chosen) words.push(...chosen.names.map(shellWord));
  else {
    const { workflow, state, date } = chosen.filter;
    if (workflow) words.push('--workflow', shellWord(workflow));
    if (state) words.push('--state', state.join(','));
    if (date) words.push('--date', date);
  }
  if (reason) words.push('--reason', shellWord(reason));
  return words.join(' ');
}
