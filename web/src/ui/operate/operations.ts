import { api } from '@/api/client';
import type { Difference, Job, Mark, Permission, Preview, Run, Workflow } from '@/api/types';
import { isActive, isEnded } from '@/lib/states';

/** Operations with one form: what is called, on what, and which fields it takes besides a reason. */
export type OperationName =
  | 'cancel'
  | 'kill'
  | 'confirm'
  | 'suspend'
  | 'resume'
  | 'hold'
  | 'release'
  | 'skip'
  | 'unskip'
  | 'disable'
  | 'enable'
  | 'set_state'
  | 'force'
  | 'run_alone'
  | 'drain'
  | 'undrain';

export type Target =
  | { is: 'run'; run: string }
  | { is: 'job'; run: string; job: string; state: string }
  | { is: 'workflow'; workflow: string }
  /** A job in every run of a workflow, until it is undone. */
  | { is: 'workflow_job'; workflow: string; job: string }
  | { is: 'server' };

export interface Fields {
  reason?: string;
  until?: string | null;
  state?: 'succeeded' | 'warning' | 'failed';
  leave_running?: boolean;
  outputs?: Record<string, unknown>;
}

type Sent = Fields & { dry_run?: boolean; plan_id?: string };

export function labelOf(target: Target): string {
  switch (target.is) {
    case 'run':
      return target.run;
    case 'job':
      return `${target.run}/${target.job}`;
    case 'workflow':
      return target.workflow;
    case 'workflow_job':
      return `${target.workflow}/${target.job}`;
    case 'server':
      return '';
  }
}

type RunVerb = 'cancel' | 'kill' | 'confirm' | 'suspend' | 'resume' | 'hold' | 'release';
type JobVerb =
  | 'kill'
  | 'hold'
  | 'release'
  | 'skip'
  | 'unskip'
  | 'disable'
  | 'enable'
  | 'force'
  | 'confirm'
  | 'run-alone';
type WorkflowJobVerb = 'hold' | 'release' | 'skip' | 'unskip' | 'disable' | 'enable';
type WorkflowVerb = 'disable' | 'enable' | 'hold' | 'release' | 'drain' | 'undrain';

async function post(name: OperationName, target: Target, body: Sent, key?: string) {
  const more = key ? { key } : {};
  switch (target.is) {
    case 'run':
      return api.post(`/api/v1/runs/{run}:${name as RunVerb}`, {
        path: { run: target.run },
        body,
        ...more,
      });
    case 'workflow':
      return api.post(`/api/v1/workflows/{workflow}:${name as WorkflowVerb}`, {
        path: { workflow: target.workflow },
        body,
        ...more,
      });
    case 'workflow_job':
      return api.post(`/api/v1/workflows/{workflow}/jobs/{job}:${name as WorkflowJobVerb}`, {
        path: { workflow: target.workflow, job: target.job },
        body,
        ...more,
      });
    case 'server':
      return api.post(`/api/v1/server:${name as 'drain' | 'undrain'}`, { body, ...more });
    case 'job': {
      const path = { run: target.run, job: target.job };
      if (name === 'set_state') {
        const state = body.state ?? 'succeeded';
        return api.post('/api/v1/runs/{run}/jobs/{job}:set-state', {
          path,
          body: { ...body, state },
          ...more,
        });
      }
      const verb = name === 'run_alone' ? 'run-alone' : (name as JobVerb);
      return api.post(`/api/v1/runs/{run}/jobs/{job}:${verb}`, { path, body, ...more });
    }
  }
}

export async function previewOperation(
  name: OperationName,
  target: Target,
  fields: Fields,
): Promise<Preview> {
  return (await post(name, target, { ...fields, dry_run: true })) as Preview;
}

export async function doOperation(
  name: OperationName,
  target: Target,
  fields: Fields,
  planId: string,
  key: string,
): Promise<void> {
  await post(name, target, { ...fields, plan_id: planId }, key);
}

/** A reason must be given where harm can be done or a record is altered. */
export function needsReason(name: OperationName): boolean {
  return ['kill', 'cancel', 'skip', 'set_state', 'force', 'confirm', 'disable'].includes(name);
}

export function takesUntil(name: OperationName): boolean {
  return name === 'disable';
}

export function isDangerous(name: OperationName): boolean {
  return name === 'kill' || name === 'cancel';
}

export const NEEDED: Permission = 'operate';

/** What makes sense for a run now; the server has the last word and says why not. */
export function runOperations(run: Run): OperationName[] {
  const names: OperationName[] = [];
  const ended = isEnded(run.state);
  const marked = run.marks?.some((mark) => mark.kind === 'hold' && mark.job === null) ?? false;
  if (!ended) {
    if (run.state === 'queued') names.push(run.held || marked ? 'release' : 'hold');
    names.push(run.state === 'suspended' || run.suspended ? 'resume' : 'suspend', 'cancel', 'kill');
  }
  if (run.needs_decision || (ended && run.state !== 'succeeded' && !run.confirmed))
    names.push('confirm');
  return names;
}

export function jobOperations(job: Job, run: Run): OperationName[] {
  const marks = new Set((job.marks ?? []).map((mark) => mark.kind));
  const names: OperationName[] = [];
  const runEnded = isEnded(run.state);
  if (isActive(job.state)) names.push('kill');
  else if (!isEnded(job.state)) {
    names.push(marks.has('hold') || job.state === 'held' ? 'release' : 'hold');
    if (!marks.has('skip')) names.push('skip');
    names.push(marks.has('disable') || job.state === 'disabled' ? 'enable' : 'disable', 'force');
  }
  if (marks.has('skip') || job.state === 'skipped') names.push('unskip');
  if (['failed', 'unknown'].includes(job.state) && !job.confirmed && !runEnded)
    names.push('confirm');
  names.push('set_state', 'run_alone');
  return names;
}

export function workflowOperations(workflow: Workflow): OperationName[] {
  return [
    workflow.disabled ? 'enable' : 'disable',
    workflow.held ? 'release' : 'hold',
    workflow.draining ? 'undrain' : 'drain',
  ];
}

/** Standing ones, for every run of the workflow. */
export function workflowJobOperations(marks: readonly Mark[]): OperationName[] {
  const kinds = new Set(marks.map((mark) => mark.kind));
  return [
    kinds.has('hold') ? 'release' : 'hold',
    kinds.has('skip') ? 'unskip' : 'skip',
    kinds.has('disable') ? 'enable' : 'disable',
  ];
}

const UNDO = {
  hold: 'release',
  skip: 'unskip',
  disable: 'enable',
  suspend: 'resume',
  drain: 'undrain',
} as const satisfies Record<Mark['kind'], OperationName>;

/** What takes back what was done by hand, and from what. */
export function undoOf(difference: Difference): { name: OperationName; target: Target } {
  const { run, job, workflow } = difference;
  const name = UNDO[difference.kind];
  if (run && job) return { name, target: { is: 'job', run, job, state: '' } };
  if (run) return { name, target: { is: 'run', run } };
  if (workflow && job) return { name, target: { is: 'workflow_job', workflow, job } };
  return { name, target: workflow ? { is: 'workflow', workflow } : { is: 'server' } };
}

/** The same call for a shell, without any secret in it. */
export function curlOf(method: string, path: string, body: unknown, origin: string): string {
  const json = JSON.stringify(body).replaceAll("'", "'\\''");
  return (
    `curl -X ${method} '${origin}${path}' -H "Authorization: Bearer $DANDORI_TOKEN" ` +
    `-H 'Content-Type: application/json' -d '${json}'`
  );
}

export function pathOf(name: OperationName, target: Target): string {
  const verb = name.replace('_', '-');
  switch (target.is) {
    case 'run':
      return `/api/v1/runs/${encodeURIComponent(target.run)}:${verb}`;
    case 'job':
      return `/api/v1/runs/${encodeURIComponent(target.run)}/jobs/${encodeURIComponent(target.job)}:${verb}`;
    case 'workflow':
      return `/api/v1/workflows/${encodeURIComponent(target.workflow)}:${verb}`;
    case 'workflow_job':
      return `/api/v1/workflows/${encodeURIComponent(target.workflow)}/jobs/${encodeURIComponent(target.job)}:${verb}`;
    case 'server':
      return `/api/v1/server:${verb}`;
  }
}
