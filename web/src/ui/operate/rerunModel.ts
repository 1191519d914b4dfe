import type { Schemas } from '@/api/client';

export const WHERES = ['failed', 'from', 'only', 'after_failed', 'start'] as const;
export type Where = (typeof WHERES)[number];

interface Choice {
  where: Where;
  job: string | null;
  revision: 'run' | 'newest';
  hold: readonly string[];
}

/** Words that mean something else than a job of that name. */
const RESERVED = new Set(['failed', 'after-failed', 'start']);

/** The request for a choice; defaults are left to the server, so that all doors have the same. */
export function bodyOf(choice: Choice): Schemas['RerunRequest'] {
  const body: Schemas['RerunRequest'] = {};
  const job = choice.job ?? '';
  switch (choice.where) {
    case 'failed':
      body.from = 'failed';
      break;
    case 'after_failed':
      body.from = 'after-failed';
      break;
    case 'start':
      body.from = 'start';
      break;
    case 'from':
      body.from = RESERVED.has(job) ? `job:${job}` : job;
      break;
    case 'only':
      body.only = job;
      break;
  }
  if (choice.revision === 'newest') body.revision = 'newest';
  if (choice.hold.length > 0) body.hold = [...choice.hold];
  return body;
}
