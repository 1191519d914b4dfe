import { Button, Menu, SegmentedControl, TextInput } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { api } from '@/api/client';
import { mergeFirstPage, patchRun } from '@/api/patch';
import { queries, RUNS_PAGE } from '@/api/queries';
import type { Run } from '@/api/types';
import { stateWord } from '@/i18n';
import { RUN_STATES } from '@/lib/states';
import { StateText } from '@/ui/Glyph';
import { ClearFilters, EmptyFiltered, ListView, TextFilter, useRows } from '@/ui/ListView';
import { useLive, useThrottled } from '@/ui/live';
import { BulkBar } from '@/ui/operate/BulkBar';
import type { BulkAction } from '@/ui/operate/bulkModel';
import { usePrefs, useT } from '@/ui/prefs';
import { useRunColumns } from '@/ui/runColumns';
import { useMay } from '@/ui/session';
import { Empty } from '@/ui/View';
import {
  filterOf,
  hasFilter,
  isDay,
  NO_FILTER,
  PRESETS,
  type Preset,
  presetOf,
  type RunsSearch,
  statesOf,
} from './model';

/** Lays journal lines over the list at once, and a fresh first page soon after. */
function useLiveRuns(search: RunsSearch) {
  const client = useQueryClient();
  const options = queries.runs(filterOf(search));
  const refresh = useThrottled(async () => {
    const filter = filterOf(search);
    const fresh = await api.get('/api/v1/runs', { query: { ...filter, limit: RUNS_PAGE } });
    client.setQueryData(options.queryKey, (old) =>
      old ? { ...old, pages: mergeFirstPage(old.pages, fresh, (run: Run) => run.id) } : old,
    );
  }, 1000);
  useLive(null, (message) => {
    if (message.kind === 'event') {
      const { event } = message;
      if (!event.run || !event.kind.startsWith('run.')) return;
      client.setQueryData(options.queryKey, (old) =>
        old
          ? {
              ...old,
              pages: old.pages.map((page) => ({
                ...page,
                items: page.items.map((run) => patchRun(run, event)),
              })),
            }
          : old,
      );
    }
    refresh();
  });
}

function StateFilter({ states, change }: { states: string[]; change: (states: string[]) => void }) {
  const { prefs, t } = usePrefs();
  const words = states.map((state) => stateWord(prefs.lang, state)).join(', ');
  return (
    <Menu closeOnItemClick={false} position="bottom-start">
      <Menu.Target>
        <Button size="xs" variant="default" className="state-filter">
          {t('runs.filter_state')}: <b>{words || t('runs.any_state')}</b>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {RUN_STATES.map((state) => {
          const on = states.includes(state);
          return (
            <Menu.Item
              key={state}
              leftSection={<span className="tick">{on ? '✓' : ''}</span>}
              onClick={() =>
                change(on ? states.filter((each) => each !== state) : [...states, state])
              }
            >
              <StateText state={state} />
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}

function Filters({ search, change }: { search: RunsSearch; change: (some: RunsSearch) => void }) {
  const t = useT();
  const preset = presetOf(search.state);
  return (
    <div className="toolbar" role="search">
      <SegmentedControl
        size="xs"
        value={preset ?? 'other'}
        onChange={(value) => change({ state: PRESETS[value as Preset] || undefined })}
        data={(Object.keys(PRESETS) as Preset[]).map((value) => ({
          value,
          label: t(`runs.${value}`),
        }))}
        aria-label={t('runs.filter_state')}
      />
      <StateFilter
        states={statesOf(search.state)}
        change={(states) => change({ state: states.join(',') || undefined })}
      />
      <TextFilter
        label={t('runs.filter_workflow')}
        value={search.workflow}
        change={(workflow) => change({ workflow })}
      />
      <TextInput
        size="xs"
        className="date-filter"
        placeholder={t('runs.filter_date')}
        aria-label={t('runs.filter_date')}
        title={t('runs.date_form')}
        maxLength={10}
        defaultValue={search.date ?? ''}
        key={`date-${search.date ?? ''}`}
        onChange={(event) => {
          const value = event.currentTarget.value.trim();
          if (value === '' || isDay(value)) change({ date: value || undefined });
        }}
      />
      {hasFilter(search) && <ClearFilters plain clear={() => change(NO_FILTER)} />}
    </div>
  );
}

const BULK: BulkAction[] = [
  'run.rerun',
  'run.confirm',
  'run.suspend',
  'run.resume',
  'run.hold',
  'run.release',
  'run.cancel',
  'run.kill',
];

export function RunsPage() {
  const t = useT();
  const search = useSearch({ from: '/runs' });
  const navigate = useNavigate({ from: '/runs' });
  const mayOperate = useMay('operate');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const columns = useRunColumns(true);
  const query = useInfiniteQuery({
    ...queries.runs(filterOf(search)),
    placeholderData: keepPreviousData,
  });
  useLiveRuns(search);
  const runs = useRows(query);
  const change = useCallback(
    (some: RunsSearch) => {
      setChosen(new Set());
      void navigate({
        search: (old: RunsSearch) => ({ ...old, ...some, sel: undefined }),
        replace: true,
      });
    },
    [navigate],
  );
  const empty = hasFilter(search) ? (
    <EmptyFiltered title={t('runs.empty_filtered')} clear={() => change(NO_FILTER)} />
  ) : (
    <Empty title={t('runs.empty')} next={t('runs.empty_next')}>
      <Link to="/workflows" search={{}}>
        {t('runs.to_workflows')}
      </Link>
    </Empty>
  );

  return (
    <section className="page" aria-labelledby="runs-title">
      <div className="page-head">
        <h1 id="runs-title">{t('runs.title')}</h1>
        <Filters search={search} change={change} />
        <span className="grow" />
        <span className="muted num">
          {t(query.hasNextPage ? 'runs.more_than' : 'view.rows', { n: runs.length })}
        </span>
      </div>
      <ListView
        query={query}
        empty={empty}
        label={t('runs.title')}
        rows={runs}
        columns={columns}
        idOf={(run) => run.id}
        active={search.sel ?? null}
        onActive={(sel) =>
          void navigate({ search: (old: RunsSearch) => ({ ...old, sel }), replace: true })
        }
        onOpen={(run) => void navigate({ to: '/runs/$run', params: { run: run.name }, search: {} })}
        {...(mayOperate ? { selection: { ids: chosen, change: setChosen } } : {})}
      />
      {chosen.size > 0 && (
        <BulkBar
          names={runs.filter((run) => chosen.has(run.id)).map((run) => run.name)}
          actions={BULK}
          clear={() => setChosen(new Set())}
          all={query.hasNextPage && chosen.size === runs.length ? filterOf(search) : undefined}
        />
      )}
    </section>
  );
}
