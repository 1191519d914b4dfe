import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { queries } from '@/api/queries';
import type { Difference } from '@/api/types';
import { instantText } from '@/lib/time';
import { Instant, useClock, useZoneShort } from '@/ui/clock';
import { onlyWide, textColumn } from '@/ui/ListView';
import { useActionsOff, useLive, useThrottled } from '@/ui/live';
import { useMarkWord } from '@/ui/MarkFlags';
import { useOperate } from '@/ui/operate/Operate';
import { undoOf } from '@/ui/operate/operations';
import { useT } from '@/ui/prefs';
import { useMay } from '@/ui/session';
import { type Column, Table } from '@/ui/Table';
import { Empty, QueryView } from '@/ui/View';

const idOf = (row: Difference) => `${row.kind} ${row.target}`;

function Target({ row }: { row: Difference }) {
  const t = useT();
  const job = row.job ? { job: row.job } : {};
  if (row.run)
    return (
      <Link to="/runs/$run" params={{ run: row.run }} search={job} tabIndex={-1}>
        {row.target}
      </Link>
    );
  if (!row.workflow) return <>{t('settings.server')}</>;
  const tab = row.job ? 'flow' : 'overview';
  return (
    <Link to="/workflows/$workflow/$tab" params={{ workflow: row.workflow, tab }} tabIndex={-1}>
      {row.target}
    </Link>
  );
}

function useColumns(undo: (row: Difference) => void): Column<Difference>[] {
  const t = useT();
  const word = useMarkWord();
  const { zone } = useClock();
  const short = useZoneShort();
  const off = useActionsOff();
  const mayOperate = useMay('operate');
  const mayAdmin = useMay('admin');
  return useMemo(
    () => [
      textColumn(
        'kind',
        t('diff.kind'),
        '104px',
        (row) => word(row.kind),
        (row) => <span className="flag warn">{word(row.kind)}</span>,
      ),
      textColumn(
        'target',
        t('col.target'),
        'minmax(110px, 1fr)',
        (row) => row.target,
        (row) => <Target row={row} />,
      ),
      ...onlyWide<Difference>(
        textColumn('scope', t('diff.scope'), '150px', (row) =>
          t(row.run ? 'diff.this_run' : row.workflow ? 'diff.every_run' : 'diff.all'),
        ),
        textColumn('by', t('col.by'), '110px', (row) => row.by),
        textColumn(
          'at',
          t('diff.since', { zone: short }),
          '158px',
          (row) => instantText(row.at, zone),
          (row) => <Instant at={row.at} />,
        ),
        textColumn(
          'until',
          t('diff.until'),
          '158px',
          (row) => instantText(row.until, zone),
          (row) => <Instant at={row.until} />,
        ),
        textColumn('reason', t('col.reason'), 'minmax(140px, 1fr)', (row) => row.reason),
      ),
      textColumn(
        'undo',
        '',
        '96px',
        (row) => row.undo.command,
        (row) =>
          (row.workflow ? mayOperate : mayAdmin) ? (
            <button
              type="button"
              className="link-button"
              disabled={off}
              onClick={() => undo(row)}
              title={row.undo.command}
            >
              {t(`op.${undoOf(row).name}`)}
            </button>
          ) : null,
      ),
    ],
    [t, word, zone, short, off, mayOperate, mayAdmin, undo],
  );
}

/** What was done by hand and stands against the definitions until somebody undoes it. */
export function DifferencesPage() {
  const t = useT();
  const open = useOperate();
  const client = useQueryClient();
  const [active, setActive] = useState<string | null>(null);
  const query = useQuery(queries.differences());
  const again = useThrottled(
    () => void client.invalidateQueries({ queryKey: ['differences'] }),
    1000,
  );
  useLive(null, () => again());
  const undo = useMemo(
    () => (row: Difference) => open({ is: 'operation', ...undoOf(row) }),
    [open],
  );
  const columns = useColumns(undo);
  return (
    <section className="page" aria-labelledby="differences-title">
      <div className="page-head">
        <h1 id="differences-title">{t('diff.title')}</h1>
        <span className="muted">{t('diff.hint')}</span>
        <span className="grow" />
        <span className="muted num">{t('view.rows', { n: query.data?.items.length ?? 0 })}</span>
      </div>
      <QueryView query={query} rows={6}>
        {(list) =>
          list.items.length === 0 ? (
            <Empty title={t('diff.empty')} next={t('diff.empty_next')} />
          ) : (
            <Table
              label={t('diff.title')}
              rows={list.items}
              columns={columns}
              idOf={idOf}
              active={active}
              onActive={setActive}
              onOpen={undo}
            />
          )
        }
      </QueryView>
    </section>
  );
}
