import { createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { Frame } from '@/features/frame/Frame';
import { NoPage } from '@/features/frame/NoPage';
import { readRunSearch } from '@/features/run/search';
import { readRunsSearch } from '@/features/runs/model';
import { RunsPage } from '@/features/runs/RunsPage';
import { Loading } from '@/ui/View';

const RunPage = lazy(async () => ({ default: (await import('@/features/run/RunPage')).RunPage }));
const WorkflowsPage = lazy(async () => ({
  default: (await import('@/features/workflows/WorkflowsPage')).WorkflowsPage,
}));
const WorkflowPage = lazy(async () => ({
  default: (await import('@/features/workflows/WorkflowPage')).WorkflowPage,
}));
const AuditPage = lazy(async () => ({
  default: (await import('@/features/audit/AuditPage')).AuditPage,
}));
const SettingsPage = lazy(async () => ({
  default: (await import('@/features/settings/SettingsPage')).SettingsPage,
}));

const root = createRootRoute({ component: Frame, notFoundComponent: NoPage });
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/runs', search: {} });
  },
});
const runs = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  validateSearch: readRunsSearch,
  component: RunsPage,
});
const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$run',
  validateSearch: readRunSearch,
  component: () => (
    <Suspense fallback={<Loading />}>
      <RunPage />
    </Suspense>
  ),
});
const workflows = createRoute({
  getParentRoute: () => root,
  path: '/workflows',
  validateSearch: (
    search: Record<string, unknown>,
  ): { folder?: string; text?: string; sel?: string } => ({
    folder: text(search['folder']),
    text: text(search['text']),
    sel: text(search['sel']),
  }),
  component: () => (
    <Suspense fallback={<Loading />}>
      <WorkflowsPage />
    </Suspense>
  ),
});
const workflowHome = createRoute({
  getParentRoute: () => root,
  path: '/workflows/$workflow',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/workflows/$workflow/$tab', params: { ...params, tab: 'overview' } });
  },
});
const workflow = createRoute({
  getParentRoute: () => root,
  path: '/workflows/$workflow/$tab',
  component: () => (
    <Suspense fallback={<Loading />}>
      <WorkflowPage />
    </Suspense>
  ),
});
const revisionDiff = createRoute({
  getParentRoute: () => root,
  path: '/workflows/$workflow/revisions/$range',
  component: () => (
    <Suspense fallback={<Loading />}>
      <WorkflowPage />
    </Suspense>
  ),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: (
    search: Record<string, unknown>,
  ): { actor?: string; action?: string; target?: string; sel?: string } => ({
    actor: text(search['actor']),
    action: text(search['action']),
    target: text(search['target']),
    sel: text(search['sel']),
  }),
  component: () => (
    <Suspense fallback={<Loading />}>
      <AuditPage />
    </Suspense>
  ),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: () => (
    <Suspense fallback={<Loading />}>
      <SettingsPage />
    </Suspense>
  ),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    runs,
    run,
    workflows,
    workflowHome,
    workflow,
    revisionDiff,
    audit,
    settings,
  ]),
  scrollRestoration: false,
  // The address is read by people: plain names and values, no JSON.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
    const text = new URLSearchParams(
      given.map(([name, value]) => [name, String(value)]),
    ).toString();
    return text ? `?${text.replaceAll('%2C', ',')}` : '';
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
