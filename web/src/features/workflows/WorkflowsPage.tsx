import './workflows.css';
import { TextInput } from '@mantine/core';
import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useMemo, useState } from 'react';
import { queries } from '@/api/queries';
import type { Workflow } from '@/api/types';
import { instantText } from '@/lib/time';
import { Instant, useClock, useZoneShort } from '@/ui/clock';
import { StateText } from '@/ui/Glyph';
import { Icon } from '@/ui/Icon';
import {
  ClearFilters,
  EmptyFiltered,
  ListView,
  numberColumn,
  onlyWide,
  textColumn,
  useRows,
} from '@/ui/ListView';
import { useLive, useThrottled } from '@/ui/live';
import { BulkBar } from '@/ui/operate/BulkBar';
import type { BulkAction } from '@/ui/operate/bulkModel';
import { usePrefs, useT } from '@/ui/prefs';
import { useMay } from '@/ui/session';
import type { Column } from '@/ui/Table';
import { Empty, QueryView } from '@/ui/View';
import { folderTree } from './model';
import { flagsOf, WorkflowFlags } from './WorkflowFlags';

function LastRun({ workflow }: { workflow: Workflow }) {
  const run = workflow.last_run;
  if (!run) return null;
  return (
    <span className="last-run">
      <StateText state={run.state} />
      <Link to="/runs/$run" params={{ run: run.name }} search={{}} tabIndex={-1} className="num">
        #{run.number}
      </Link>
    </span>
  );
}

function useColumns(): Column<Workflow>[] {
  const { t } = usePrefs();
  const { zone } = useClock();
  const short = useZoneShort();
  return useMemo(
    () => [
      textColumn(
        'name',
        t('col.workflow'),
        'minmax(130px, 1fr)',
        (row) => row.name,
        (row) => (
          <Link
            to="/workflows/$workflow/$tab"
            params={{ workflow: row.name, tab: 'overview' }}
            tabIndex={-1}
            className="strong"
          >
            {row.name}
          </Link>
        ),
      ),
      ...onlyWide<Workflow>(
        textColumn('title', t('col.title'), 'minmax(160px, 1.3fr)', (row) => row.title),
        textColumn('folder', t('col.folder'), 'minmax(100px, 0.7fr)', (row) => row.folder),
      ),
      textColumn(
        'last',
        t('col.last_run'),
        'minmax(150px, 1.2fr)',
        (row) => (row.last_run ? `${row.last_run.name} ${row.last_run.state}` : ''),
        (row) => <LastRun workflow={row} />,
      ),
      ...onlyWide<Workflow>(
        textColumn(
          'next',
          t('col.next', { zone: short }),
          '160px',
          (row) => instantText(row.next_start, zone),
          (row) => <Instant at={row.next_start ?? null} />,
        ),
        numberColumn('revision', t('col.revision'), '76px', (row) => String(row.revision)),
        textColumn(
          'flags',
          t('col.flags'),
          'minmax(100px, 0.7fr)',
          (row) => flagsOf(row).join(' '),
          (row) => <WorkflowFlags workflow={row} />,
        ),
      ),
    ],
    [t, zone, short],
  );
}

function Folders({
  chosen,
  onChoose,
}: {
  chosen: string | undefined;
  onChoose: (folder: string | undefined) => void;
}) {
  const t = useT();
  const query = useQuery(queries.folders());
  const nodes = folderTree(query.data?.items ?? []);
  return (
    <nav className="panel folders" aria-label={t('wf.folders')}>
      <h2>{t('wf.folders')}</h2>
      <QueryView query={query} rows={3}>
        {() => (
          <ul>
            <li>
              <button
                type="button"
                aria-pressed={chosen === undefined}
                onClick={() => onChoose(undefined)}
              >
                {t('wf.all_folders')}
              </button>
            </li>
            {nodes.map((node) => (
              <li key={node.name}>
                <button
                  type="button"
                  aria-pressed={chosen === node.name}
                  style={{ paddingLeft: 10 + node.depth * 16 }}
                  onClick={() => onChoose(node.name)}
                  title={node.name}
                >
                  <Icon name="folder" size={14} /> {node.title || node.label}
                  <span className="muted num">{node.workflows}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </nav>
  );
}

const BULK: BulkAction[] = [
  'workflow.disable',
  'workflow.enable',
  'workflow.hold',
  'workflow.release',
  'workflow.drain',
  'workflow.undrain',
];

export function WorkflowsPage() {
  const t = useT();
  const search = useSearch({ from: '/workflows' });
  const navigate = useNavigate({ from: '/workflows' });
  const client = useQueryClient();
  const text = useDeferredValue(search.text);
  const columns = useColumns();
  const mayOperate = useMay('operate');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const query = useInfiniteQuery({
    ...queries.workflows({ folder: search.folder, text }),
    placeholderData: keepPreviousData,
  });
  const again = useThrottled(
    () => void client.invalidateQueries({ queryKey: ['workflows'] }),
    2000,
  );
  useLive(null, (message) => {
    if (message.kind === 'resync' || message.event.kind.startsWith('run.')) again();
  });
  const rows = useRows(query);
  const change = useCallback(
    (some: typeof search) =>
      void navigate({ search: (old: typeof search) => ({ ...old, ...some }), replace: true }),
    [navigate],
  );
  const filtered = Boolean(search.folder || search.text);
  const clear = () => change({ text: undefined, folder: undefined });

  return (
    <section className="page" aria-labelledby="workflows-title">
      <div className="page-head">
        <h1 id="workflows-title">{t('wf.title')}</h1>
        <div className="toolbar" role="search">
          <TextInput
            size="xs"
            leftSection={<Icon name="search" size={14} />}
            placeholder={t('wf.filter')}
            aria-label={t('wf.filter')}
            value={search.text ?? ''}
            onChange={(event) => change({ text: event.currentTarget.value || undefined })}
          />
          {filtered && <ClearFilters plain clear={clear} />}
        </div>
        <span className="grow" />
        <span className="muted num">{t('view.rows', { n: rows.length })}</span>
      </div>
      <div className="with-folders">
        <Folders chosen={search.folder} onChoose={(folder) => change({ folder })} />
        <ListView
          query={query}
          empty={
            filtered ? (
              <EmptyFiltered title={t('wf.empty_filtered')} clear={clear} />
            ) : (
              <Empty title={t('wf.empty')} next={t('wf.empty_next')} />
            )
          }
          label={t('wf.title')}
          rows={rows}
          columns={columns}
          idOf={(row) => row.name}
          active={search.sel ?? null}
          onActive={(sel) => change({ sel })}
          onOpen={(row) =>
            void navigate({
              to: '/workflows/$workflow/$tab',
              params: { workflow: row.name, tab: 'overview' },
            })
          }
          {...(mayOperate ? { selection: { ids: chosen, change: setChosen } } : {})}
        />
      </div>
      {chosen.size > 0 && (
        <BulkBar names={[...chosen]} actions={BULK} clear={() => setChosen(new Set())} />
      )}
    </section>
  );
}
