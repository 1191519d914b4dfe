import '@mantine/spotlight/styles.layer.css';
import { createSpotlight, Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useLayoutEffect, useRef, useState } from 'react';
import { api } from '@/api/client';
import { matches } from '@/lib/text';
import { Glyph } from '@/ui/Glyph';
import { Icon } from '@/ui/Icon';
import { usePrefs } from '@/ui/prefs';
import { useMay } from '@/ui/session';

const [store, spotlight] = createSpotlight();
export const openPalette = spotlight.open;

const RUN_NAME = /^[a-z][a-z0-9_]*#\d+$/;

/** Enter opens what is chosen: the first that was found, until another one is chosen by the arrow keys.
 * The library notes its choice in the list itself, which is drawn anew with what was found. */
function keepChoice(fromFirst: boolean) {
  const list = document.getElementById(store.getState().listId);
  const actions = [...(list?.querySelectorAll('[data-action]') ?? [])];
  const before = fromFirst ? -1 : actions.findIndex((action) => action.matches('[data-selected]'));
  const chosen = actions.length === 0 ? -1 : Math.max(0, before);
  actions.forEach((action, index) => {
    if (index === chosen) action.setAttribute('data-selected', 'true');
    else action.removeAttribute('data-selected');
  });
  store.updateState((state) => ({ ...state, selected: chosen }));
}

/** Ctrl K: any workflow, run, page or switch, without the mouse. */
export function Palette({ onHelp }: { onHelp: () => void }) {
  const { prefs, change, t } = usePrefs();
  const navigate = useNavigate();
  const mayAdmin = useMay('admin');
  const [query, setQuery] = useState('');
  const text = query.trim();

  const workflows = useQuery({
    queryKey: ['workflows', 'palette', text],
    queryFn: ({ signal }) =>
      api.get('/api/v1/workflows', { query: { text, deleted: 'no', limit: 8 }, signal }),
    placeholderData: (before) => before,
  });
  const runs = useQuery({
    queryKey: ['runs', 'palette'],
    queryFn: ({ signal }) => api.get('/api/v1/runs', { query: { limit: 50 }, signal }),
  });

  const pages = [
    { id: 'page-runs', label: t('nav.runs'), onClick: () => void navigate({ to: '/runs' }) },
    {
      id: 'page-workflows',
      label: t('nav.workflows'),
      onClick: () => void navigate({ to: '/workflows' }),
    },
    {
      id: 'page-differences',
      label: t('nav.differences'),
      onClick: () => void navigate({ to: '/differences' }),
    },
    {
      id: 'page-calendars',
      label: t('nav.calendars'),
      onClick: () => void navigate({ to: '/calendars', search: {} }),
    },
    {
      id: 'page-business-dates',
      label: t('nav.business_dates'),
      onClick: () => void navigate({ to: '/business-dates' }),
    },
    ...(mayAdmin
      ? [
          {
            id: 'page-audit',
            label: t('nav.audit'),
            onClick: () => void navigate({ to: '/audit' }),
          },
        ]
      : []),
    {
      id: 'page-settings',
      label: t('nav.settings'),
      onClick: () => void navigate({ to: '/settings' }),
    },
  ];
  const switches = [
    { id: 'help', label: t('help.title'), onClick: onHelp },
    { id: 'lang-ja', label: '日本語', onClick: () => change({ lang: 'ja' }) },
    { id: 'lang-en', label: 'English', onClick: () => change({ lang: 'en' }) },
    { id: 'theme-light', label: t('prefs.light'), onClick: () => change({ theme: 'light' }) },
    { id: 'theme-dark', label: t('prefs.dark'), onClick: () => change({ theme: 'dark' }) },
    {
      id: 'theme-contrast',
      label: t('prefs.contrast'),
      onClick: () => change({ theme: 'contrast' }),
    },
  ].filter((action) => action.id !== `lang-${prefs.lang}` && action.id !== `theme-${prefs.theme}`);

  const openRun = (run: string) => void navigate({ to: '/runs/$run', params: { run }, search: {} });
  const found = (runs.data?.items ?? []).filter((run) => matches(text, run.name, run.title ?? ''));
  const runActions = found.slice(0, 6).map((run) => ({
    id: `run-${run.id}`,
    label: run.name,
    description: run.title ?? '',
    leftSection: <Glyph state={run.state} />,
    onClick: () => openRun(run.name),
  }));
  if (RUN_NAME.test(text) && !found.some((run) => run.name === text)) {
    runActions.unshift({
      id: `run-${text}`,
      label: text,
      description: '',
      leftSection: <Icon name="runs" size={14} />,
      onClick: () => openRun(text),
    } as (typeof runActions)[number]);
  }
  const workflowActions = (workflows.data?.items ?? [])
    .filter((workflow) => matches(text, workflow.name, workflow.title))
    .map((workflow) => ({
      id: `workflow-${workflow.name}`,
      label: workflow.title || workflow.name,
      description: workflow.title ? workflow.name : '',
      leftSection: <Icon name="workflows" size={14} />,
      onClick: () =>
        void navigate({
          to: '/workflows/$workflow/$tab',
          params: { workflow: workflow.name, tab: 'overview' },
        }),
    }));

  const all: SpotlightActionGroupData[] = [
    { group: t('search.workflows'), actions: workflowActions },
    { group: t('search.runs'), actions: runActions },
    { group: t('search.pages'), actions: pages.filter((action) => matches(text, action.label)) },
    {
      group: t('search.actions'),
      actions: switches.filter((action) => matches(text, action.label)),
    },
  ];
  const groups = all.filter((group) => group.actions.length > 0);

  // At once, so that Enter right after the last letter opens what is seen.
  const ids = groups.flatMap((group) => group.actions.map((action) => action.id)).join();
  const chosenFor = useRef(text);
  useLayoutEffect(() => {
    if (ids !== '') keepChoice(chosenFor.current !== text);
    chosenFor.current = text;
  }, [ids, text]);

  return (
    <Spotlight
      store={store}
      actions={groups}
      filter={(_, actions) => actions}
      query={query}
      onQueryChange={setQuery}
      clearQueryOnClose
      shortcut={null}
      overlayProps={{ backgroundOpacity: 0.35, blur: 0 }}
      transitionProps={{ duration: 0 }}
      nothingFound={t('search.nothing')}
      scrollable
      maxHeight={460}
      searchProps={{
        placeholder: t('search.placeholder'),
        'aria-label': t('search.placeholder'),
        leftSection: <Icon name="search" size={16} />,
        onKeyDown: (event) => {
          if (event.key === 'Enter') keepChoice(false); // just opened: nothing is chosen yet
        },
      }}
    />
  );
}
