import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Schemas } from './client';
import { api } from './client';

/** Every read of the server, by name. Keys begin with what they are about, for the live feed. */

export interface RunFilter {
  workflow?: string | undefined;
  state?: Schemas['RunState'][] | undefined;
  date?: string | undefined;
}

export const RUNS_PAGE = 200;

function runsQuery(filter: RunFilter, limit: number, cursor?: string) {
  return { ...filter, limit, ...(cursor ? { cursor } : {}) };
}

export const queries = {
  session: () =>
    queryOptions({
      queryKey: ['session'],
      queryFn: ({ signal }) => api.get('/api/v1/session', { signal }),
      retry: false,
      staleTime: Number.POSITIVE_INFINITY,
      refetchInterval: 3_600_000, // a session lives half a day and is renewed by use
      refetchIntervalInBackground: true,
    }),
  version: () =>
    queryOptions({
      queryKey: ['version'],
      queryFn: ({ signal }) => api.get('/api/v1/version', { signal }),
      refetchInterval: 15_000,
      structuralSharing: false, // each answer counts, also an equal one: the test clock stands still
    }),
  runs: (filter: RunFilter) =>
    infiniteQueryOptions({
      queryKey: ['runs', filter],
      queryFn: ({ signal, pageParam }) =>
        api.get('/api/v1/runs', { query: runsQuery(filter, RUNS_PAGE, pageParam), signal }),
      initialPageParam: '',
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),
  run: (run: string) =>
    queryOptions({
      queryKey: ['run', run],
      queryFn: ({ signal }) => api.get('/api/v1/runs/{run}', { path: { run }, signal }),
    }),
  whyRun: (run: string) =>
    queryOptions({
      queryKey: ['why', run],
      queryFn: ({ signal }) => api.get('/api/v1/runs/{run}/why', { path: { run }, signal }),
    }),
  whyJob: (run: string, job: string) =>
    queryOptions({
      queryKey: ['why', run, job],
      queryFn: ({ signal }) =>
        api.get('/api/v1/runs/{run}/jobs/{job}/why', { path: { run, job }, signal }),
    }),
  runGraph: (run: string) =>
    queryOptions({
      queryKey: ['graph', 'run', run],
      queryFn: ({ signal }) => api.get('/api/v1/runs/{run}/graph', { path: { run }, signal }),
      staleTime: Number.POSITIVE_INFINITY, // the layout belongs to the revision; states come live
    }),
  workflowGraph: (workflow: string, revision: number) =>
    queryOptions({
      queryKey: ['graph', 'workflow', workflow, revision],
      queryFn: ({ signal }) =>
        api.get('/api/v1/workflows/{workflow}/graph', {
          path: { workflow },
          query: { revision },
          signal,
        }),
      staleTime: revision > 0 ? Number.POSITIVE_INFINITY : 0,
    }),
  workflows: (filter: { folder?: string | undefined; text?: string | undefined }) =>
    infiniteQueryOptions({
      queryKey: ['workflows', filter],
      queryFn: ({ signal, pageParam }) =>
        api.get('/api/v1/workflows', {
          query: {
            ...filter,
            deleted: 'no',
            limit: 500,
            ...(pageParam ? { cursor: pageParam } : {}),
          },
          signal,
        }),
      initialPageParam: '',
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),
  folders: () =>
    queryOptions({
      queryKey: ['workflows', 'folders'],
      queryFn: ({ signal }) => api.get('/api/v1/folders', { signal }),
    }),
  workflow: (workflow: string, revision = 0) =>
    queryOptions({
      queryKey: ['workflow', workflow, revision],
      queryFn: ({ signal }) =>
        api.get('/api/v1/workflows/{workflow}', {
          path: { workflow },
          query: { revision },
          signal,
        }),
    }),
  revisions: (workflow: string) =>
    queryOptions({
      queryKey: ['workflow', workflow, 'revisions'],
      queryFn: ({ signal }) =>
        api.get('/api/v1/workflows/{workflow}/revisions', { path: { workflow }, signal }),
    }),
  revisionDiff: (workflow: string, from: number, to: number) =>
    queryOptions({
      queryKey: ['diff', workflow, from, to],
      queryFn: ({ signal }) =>
        api.get('/api/v1/workflows/{workflow}/revisions/{from}/diff/{to}', {
          path: { workflow, from, to },
          signal,
        }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  history: (workflow: string) =>
    queryOptions({
      queryKey: ['workflow', workflow, 'history'],
      queryFn: ({ signal }) =>
        api.get('/api/v1/workflows/{workflow}/history', {
          path: { workflow },
          query: { days: 90 },
          signal,
        }),
    }),
  nextStarts: (workflow: string, n: number, why = false) =>
    queryOptions({
      queryKey: ['workflow', workflow, 'preview', n, why],
      queryFn: ({ signal }) =>
        api.get('/api/v1/workflows/{workflow}/preview', {
          path: { workflow },
          query: { n, ...(why ? { why } : {}) },
          signal,
        }),
    }),
  schedule: (workflow: string, from: string, until: string) =>
    queryOptions({
      queryKey: ['workflow', workflow, 'schedule', from, until],
      queryFn: ({ signal }) =>
        api.get('/api/v1/workflows/{workflow}/schedule', {
          path: { workflow },
          query: { from, until },
          signal,
        }),
    }),
  calendars: () =>
    infiniteQueryOptions({
      queryKey: ['calendars'],
      queryFn: ({ signal, pageParam }) =>
        api.get('/api/v1/calendars', {
          query: { limit: 200, ...(pageParam ? { cursor: pageParam } : {}) },
          signal,
        }),
      initialPageParam: '',
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),
  calendar: (calendar: string, revision = 0) =>
    queryOptions({
      queryKey: ['calendar', calendar, revision],
      queryFn: ({ signal }) =>
        api.get('/api/v1/calendars/{calendar}', {
          path: { calendar },
          query: revision > 0 ? { revision } : {},
          signal,
        }),
    }),
  calendarDays: (calendar: string, from: string, until: string) =>
    queryOptions({
      queryKey: ['calendar', calendar, 'days', from, until],
      queryFn: ({ signal }) =>
        api.get('/api/v1/calendars/{calendar}/days', {
          path: { calendar },
          query: { from, until },
          signal,
        }),
    }),
  businessDates: () =>
    infiniteQueryOptions({
      queryKey: ['business-dates'],
      queryFn: ({ signal, pageParam }) =>
        api.get('/api/v1/business-dates', {
          query: { limit: 200, ...(pageParam ? { cursor: pageParam } : {}) },
          signal,
        }),
      initialPageParam: '',
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),
  businessDate: (name: string) =>
    queryOptions({
      queryKey: ['business-date', name],
      queryFn: ({ signal }) =>
        api.get('/api/v1/business-dates/{business_date}', {
          path: { business_date: name },
          signal,
        }),
    }),
  businessDateMoves: (name: string) =>
    infiniteQueryOptions({
      queryKey: ['business-date', name, 'moves'],
      queryFn: ({ signal, pageParam }) =>
        api.get('/api/v1/business-dates/{business_date}/moves', {
          path: { business_date: name },
          query: { limit: 200, ...(pageParam ? { cursor: pageParam } : {}) },
          signal,
        }),
      initialPageParam: '',
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),
  audit: (filter: { actor?: string; action?: string; target?: string }) =>
    infiniteQueryOptions({
      queryKey: ['audit', filter],
      queryFn: ({ signal, pageParam }) =>
        api.get('/api/v1/audit', {
          query: { ...filter, limit: 200, ...(pageParam ? { cursor: pageParam } : {}) },
          signal,
        }),
      initialPageParam: '',
      getNextPageParam: (page) => page.next_cursor ?? undefined,
    }),
  differences: () =>
    queryOptions({
      queryKey: ['differences'],
      queryFn: ({ signal }) => api.get('/api/v1/differences', { signal }),
    }),
  server: () =>
    queryOptions({
      queryKey: ['server'],
      queryFn: ({ signal }) => api.get('/api/v1/server', { signal }),
    }),
  tokens: () =>
    queryOptions({
      queryKey: ['tokens'],
      queryFn: ({ signal }) => api.get('/api/v1/tokens', { query: { limit: 1000 }, signal }),
    }),
};
