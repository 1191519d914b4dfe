import { createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import { readCalendarSearch } from '@/features/calendars/search';
import { Frame } from '@/features/frame/Frame';
import { NoPage } from '@/features/frame/NoPage';
import { readRunSearch } from '@/features/run/search';
import { readRunsSearch } from '@/features/runs/model';
import { RunsPage } from '@/features/runs/RunsPage';
import { readScheduleSearch } from '@/features/workflows/scheduleSearch';
import { later } from '@/ui/later';
import { Loading } from '@/ui/View';
import { client } from './client';
import { PageError } from './PageError';

const RunPage = later(async () => (await import('@/features/run/RunPage')).RunPage);
const WorkflowsPage = later(
  async () => (await import('@/features/workflows/WorkflowsPage')).WorkflowsPage,
);
const WorkflowPage = later(
  async () => (await import('@/features/workflows/WorkflowPage')).WorkflowPage,
);
const CalendarsPage = later(
  async () => (await import('@/features/calendars/CalendarsPage')).CalendarsPage,
);
const CalendarPage = later(
  async () => (await import('@/features/calendars/CalendarPage')).CalendarPage,
);
const BusinessDatesPage = later(
  async () => (await import('@/features/businessDates/BusinessDatesPage')).BusinessDatesPage,
);
const BusinessDatePage = later(
  async () => (await import('@/features/businessDates/BusinessDatePage')).BusinessDatePage,
);
const DifferencesPage = later(
  async () => (await import('@/features/differences/DifferencesPage')).DifferencesPage,
);
const AuditPage = later(async () => (await import('@/features/audit/AuditPage')).AuditPage);
const SettingsPage = later(
  async () => (await import('@/features/settings/SettingsPage')).SettingsPage,
);

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
  component: RunPage,
  loader: ({ params }) => {
    // What the page needs is asked for at once, beside its code.
    void client.prefetchQuery(queries.run(params.run));
    void client.prefetchQuery(queries.runGraph(params.run));
    return RunPage.load();
  },
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
  component: WorkflowsPage,
  loader: WorkflowsPage.load,
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
  validateSearch: readScheduleSearch,
  component: WorkflowPage,
  loader: WorkflowPage.load,
});
const revisionDiff = createRoute({
  getParentRoute: () => root,
  path: '/workflows/$workflow/revisions/$range',
  component: WorkflowPage,
  loader: WorkflowPage.load,
});
const calendars = createRoute({
  getParentRoute: () => root,
  path: '/calendars',
  validateSearch: (search: Record<string, unknown>): { sel?: string } => ({
    sel: text(search['sel']),
  }),
  component: CalendarsPage,
  loader: CalendarsPage.load,
});
const calendar = createRoute({
  getParentRoute: () => root,
  path: '/calendars/$calendar',
  validateSearch: readCalendarSearch,
  component: CalendarPage,
  loader: CalendarPage.load,
});
const businessDates = createRoute({
  getParentRoute: () => root,
  path: '/business-dates',
  component: BusinessDatesPage,
  loader: BusinessDatesPage.load,
});
const businessDate = createRoute({
  getParentRoute: () => root,
  path: '/business-dates/$businessDate',
  component: BusinessDatePage,
  loader: BusinessDatePage.load,
});
const differences = createRoute({
  getParentRoute: () => root,
  path: '/differences',
  component: DifferencesPage,
  loader: DifferencesPage.load,
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
  component: AuditPage,
  loader: AuditPage.load,
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: SettingsPage,
  loader: SettingsPage.load,
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
    calendars,
    calendar,
    businessDates,
    businessDate,
    differences,
    audit,
    settings,
  ]),
  scrollRestoration: false,
  defaultPendingMs: 150, // what comes sooner needs no skeleton; until then the page before stays
  defaultPendingMinMs: 0,
  defaultPendingComponent: Loading,
  defaultErrorComponent: PageError,
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
