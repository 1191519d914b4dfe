import './calendars.css';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { queries } from '@/api/queries';
import type { Calendar } from '@/api/types';
import { instantText } from '@/lib/time';
import { Instant, useClock, useZoneShort } from '@/ui/clock';
import { ListView, numberColumn, onlyWide, textColumn, useRows } from '@/ui/ListView';
import { usePrefs, useT } from '@/ui/prefs';
import type { Column } from '@/ui/Table';
import { Empty } from '@/ui/View';
import { flowText } from './model';

function useColumns(): Column<Calendar>[] {
  const { t } = usePrefs();
  const { zone } = useClock();
  const short = useZoneShort();
  return useMemo(
    () => [
      textColumn(
        'name',
        t('cal.name'),
        'minmax(120px, 1fr)',
        (row) => row.name,
        (row) => (
          <Link
            to="/calendars/$calendar"
            params={{ calendar: row.name }}
            search={{}}
            tabIndex={-1}
            className="strong"
          >
            {row.name}
          </Link>
        ),
      ),
      textColumn('title', t('col.title'), 'minmax(120px, 1.3fr)', (row) => row.title),
      ...onlyWide<Calendar>(
        textColumn('folder', t('col.folder'), 'minmax(80px, 0.6fr)', (row) => row.folder),
        textColumn('zone', t('cal.zone'), 'minmax(110px, 0.7fr)', (row) => row.timezone || zone),
        textColumn('day', t('cal.day_starts_at'), '92px', (row) => row.day_starts_at),
        textColumn('month', t('cal.month_starts_on'), '108px', (row) =>
          flowText(row.month_starts_on),
        ),
        textColumn('verified', t('cal.verified_until'), '124px', (row) => row.verified_until ?? ''),
      ),
      numberColumn('used', t('cal.used_by'), '72px', (row) => String(row.used_by_count)),
      ...onlyWide<Calendar>(
        numberColumn('revision', t('col.revision'), '76px', (row) => String(row.revision)),
        textColumn(
          'applied',
          t('col.applied', { zone: short }),
          '158px',
          (row) => instantText(row.applied_at, zone),
          (row) => <Instant at={row.applied_at} />,
        ),
        textColumn('by', t('col.by'), '110px', (row) => row.applied_by),
      ),
    ],
    [t, zone, short],
  );
}

/** Every calendar: what it is called, how it cuts days and months, and how much rests on it. */
export function CalendarsPage() {
  const t = useT();
  const navigate = useNavigate({ from: '/calendars' });
  const { sel } = useSearch({ from: '/calendars' });
  const columns = useColumns();
  const query = useInfiniteQuery(queries.calendars());
  const rows = useRows(query);
  return (
    <section className="page" aria-labelledby="calendars-title">
      <div className="page-head">
        <h1 id="calendars-title">{t('cal.title')}</h1>
        <span className="grow" />
        <span className="muted num">{t('view.rows', { n: rows.length })}</span>
      </div>
      <ListView
        query={query}
        empty={<Empty title={t('cal.empty')} next={t('cal.empty_next')} />}
        label={t('cal.title')}
        rows={rows}
        columns={columns}
        idOf={(row) => row.name}
        active={sel ?? null}
        onActive={(id) => void navigate({ search: { sel: id }, replace: true })}
        onOpen={(row) =>
          void navigate({
            to: '/calendars/$calendar',
            params: { calendar: row.name },
            search: {},
          })
        }
      />
    </section>
  );
}
