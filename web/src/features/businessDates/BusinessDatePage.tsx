import './businessDates.css';
import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import type { BusinessDateDetail } from '@/api/types';
import { dayText } from '@/lib/time';
import { Instant, useClock } from '@/ui/clock';
import { useRows } from '@/ui/ListView';
import { usePrefs, useT } from '@/ui/prefs';
import { QueryView } from '@/ui/View';
import { History, MoveButtons, NextChange, Readers } from './parts';
import { useRunNews } from './useRunNews';

function Facts({ detail }: { detail: BusinessDateDetail }) {
  const t = useT();
  const { zone } = useClock();
  return (
    <dl className="facts">
      <dt>{t('bd.calendar')}</dt>
      <dd>
        {detail.calendar ? (
          <Link
            to="/calendars/$calendar"
            params={{ calendar: detail.calendar }}
            search={{ day: detail.value }}
          >
            {detail.calendar}
          </Link>
        ) : (
          t('bd.every_day')
        )}
      </dd>
      <dt>{t('bd.unit')}</dt>
      <dd>{t(`bd.unit_${detail.unit}`)}</dd>
      <dt>{t('cal.zone')}</dt>
      <dd>{detail.timezone || zone}</dd>
      {detail.moved_by.length > 0 && (
        <>
          <dt>{t('bd.moved_by')}</dt>
          <dd>{detail.moved_by.join(t('view.list_separator'))}</dd>
        </>
      )}
      {detail.folder && (
        <>
          <dt>{t('col.folder')}</dt>
          <dd>{detail.folder}</dd>
        </>
      )}
      <dt>{t('col.revision')}</dt>
      <dd>
        {detail.revision} <Instant at={detail.applied_at} /> {detail.applied_by}
      </dd>
    </dl>
  );
}

function AllMoves({ name }: { name: string }) {
  const t = useT();
  const query = useInfiniteQuery(queries.businessDateMoves(name));
  const moves = useRows(query);
  return (
    <section className="panel panel-body">
      <h2>{t('bd.history')}</h2>
      <QueryView query={query} rows={4}>
        {() => <History moves={moves} />}
      </QueryView>
      {query.hasNextPage && (
        <Button
          size="xs"
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('bd.older')}
        </Button>
      )}
    </section>
  );
}

function Body({ detail }: { detail: BusinessDateDetail }) {
  const { prefs, t } = usePrefs();
  return (
    <>
      <header className="panel panel-body date-head">
        <h1>
          {detail.title || detail.name}{' '}
          {detail.title && <small className="mono">{detail.name}</small>}
        </h1>
        {detail.deleted && <span className="flag bad">{t('wf.deleted')}</span>}
        <b className="date-value num">{dayText(detail.value, prefs.lang)}</b>
        <span className="muted">
          {t('bd.since')} <Instant at={detail.moved_at} />
        </span>
        <span className="grow" />
        {!detail.deleted && <MoveButtons name={detail.name} />}
      </header>
      <div className="two">
        <section className="panel panel-body date-card">
          <h2>{t('bd.next')}</h2>
          <NextChange date={detail} />
          <Readers detail={detail} />
        </section>
        <section className="panel panel-body">
          <Facts detail={detail} />
        </section>
      </div>
      <AllMoves name={detail.name} />
      <details className="panel panel-body">
        <summary>{t('wf.source')}</summary>
        <pre className="source">{detail.source}</pre>
      </details>
    </>
  );
}

/** One business date: its value, its next change, who works for it, and every value it has had. */
export function BusinessDatePage() {
  const { businessDate } = useParams({ from: '/business-dates/$businessDate' });
  useRunNews();
  const query = useQuery(queries.businessDate(businessDate));
  return (
    <section className="page date-page">
      <QueryView query={query}>{(detail) => <Body detail={detail} />}</QueryView>
    </section>
  );
}
