import './run.css';
import { Checkbox, SegmentedControl, TextInput } from '@mantine/core';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useMemo } from 'react';
import type { RunDetail } from '@/api/types';
import { Icon } from '@/ui/Icon';
import { later } from '@/ui/later';
import { useT } from '@/ui/prefs';
import { Loading, QueryView } from '@/ui/View';
import { FailureBanner } from './FailureBanner';
import { Gantt } from './Gantt';
import { Inspector } from './Inspector';
import { JobList } from './JobList';
import { failedJobs, pathToFailed } from './model';
import { RunHeader } from './RunHeader';
import type { RunSearch, RunView } from './search';
import { useLiveRun } from './useLiveRun';

const RunFlow = later(async () => (await import('./RunFlow')).RunFlow, <Loading />);
void RunFlow.load(); // the view that opens first
const VIEWS: RunView[] = ['flow', 'gantt', 'list'];

interface Shown {
  run: RunDetail;
  search: RunSearch;
  change: (some: RunSearch) => void;
}

function Main({ run, search, change }: Shown) {
  const text = useDeferredValue(search.text ?? '');
  const pick = useCallback(
    (job: string) => change({ job, attempt: undefined, log: undefined }),
    [change],
  );
  const open = useCallback(
    (job: string) => change({ job, tab: 'log', attempt: undefined, log: undefined }),
    [change],
  );
  const only = useMemo(
    () => (search.only === 'failed' ? pathToFailed(run.jobs) : null),
    [search.only, run.jobs],
  );
  const shared = { run, active: search.job ?? null, text, only, onPick: pick, onOpen: open };
  switch (search.view ?? 'flow') {
    case 'gantt':
      return <Gantt {...shared} />;
    case 'list':
      return <JobList {...shared} />;
    case 'flow':
      return <RunFlow {...shared} />;
  }
}

function ViewBar({ run, search, change }: Shown) {
  const t = useT();
  return (
    <div className="toolbar view-bar">
      <SegmentedControl
        size="xs"
        value={search.view ?? 'flow'}
        onChange={(view) => change({ view: view as RunView })}
        data={VIEWS.map((value) => ({ value, label: t(`run.${value}`) }))}
        aria-label={t('run.view')}
      />
      <TextInput
        size="xs"
        leftSection={<Icon name="search" size={14} />}
        placeholder={t('run.search_jobs')}
        aria-label={t('run.search_jobs')}
        value={search.text ?? ''}
        onChange={(event) => change({ text: event.currentTarget.value || undefined })}
      />
      {(search.only === 'failed' || failedJobs(run.jobs).length > 0) && (
        <Checkbox
          size="xs"
          label={t('run.only_failed')}
          checked={search.only === 'failed'}
          onChange={(event) => change({ only: event.currentTarget.checked ? 'failed' : undefined })}
        />
      )}
    </div>
  );
}

export function RunPage() {
  const { run: name } = useParams({ from: '/runs/$run' });
  const search = useSearch({ from: '/runs/$run' });
  const navigate = useNavigate({ from: '/runs/$run' });
  const query = useLiveRun(name);
  const change = useCallback(
    (some: RunSearch) =>
      void navigate({ search: (old: RunSearch) => ({ ...old, ...some }), replace: true }),
    [navigate],
  );
  return (
    <section className="page run-page">
      <QueryView query={query}>
        {(run) => (
          <>
            <RunHeader run={run} />
            <FailureBanner
              run={run}
              onOpen={(job) => change({ job, tab: 'log', attempt: undefined, log: undefined })}
            />
            <div className="run-body">
              <div className="panel run-main">
                <ViewBar run={run} search={search} change={change} />
                <Main run={run} search={search} change={change} />
              </div>
              <Inspector run={run} search={search} change={change} />
            </div>
          </>
        )}
      </QueryView>
    </section>
  );
}
