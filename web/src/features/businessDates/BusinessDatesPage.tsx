import './businessDates.css';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { queries } from '@/api/queries';
import type { BusinessDate } from '@/api/types';
import { dayText } from '@/lib/time';
import { Instant } from '@/ui/clock';
import { useRows } from '@/ui/ListView';
import { usePrefs, useT } from '@/ui/prefs';
import { Empty, QueryView } from '@/ui/View';
import { History, MoveButtons, NextChange, Readers } from './parts';
import { useInView } from './useInView';
import { useRunNews } from './useRunNews';

const MOVES_SHOWN = 3;

function Card({ date }: { date: BusinessDate }) {
  const { prefs, t } = usePrefs();
  const [element, seen] = useInView<HTMLElement>();
  const detail = useQuery({ ...queries.businessDate(date.name), enabled: seen });
  return (
    <article className="panel panel-body date-card" ref={element} aria-label={date.name}>
      <h2>
        <Link to="/business-dates/$businessDate" params={{ businessDate: date.name }}>
          {date.title || date.name}
        </Link>{' '}
        {date.title && <small className="mono">{date.name}</small>}
      </h2>
      <p className="date-value num">{dayText(date.value, prefs.lang)}</p>
      <p className="muted">
        {t('bd.since')} <Instant at={date.moved_at} />
      </p>
      <h3>{t('bd.next')}</h3>
      <NextChange date={date} />
      <QueryView query={detail} rows={3}>
        {(all) => (
          <>
            <Readers detail={all} />
            <details>
              <summary>{t('bd.history')}</summary>
              <History moves={all.moves.items.slice(0, MOVES_SHOWN)} />
            </details>
          </>
        )}
      </QueryView>
      <MoveButtons name={date.name} />
    </article>
  );
}

/** Every business date: which day it is there, when the next one comes, and who works for it. */
export function BusinessDatesPage() {
  const t = useT();
  useRunNews();
  const query = useInfiniteQuery(queries.businessDates());
  const rows = useRows(query);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <section className="page" aria-labelledby="business-dates-title">
      <div className="page-head">
        <h1 id="business-dates-title">{t('bd.title')}</h1>
      </div>
      <QueryView query={query}>
        {() =>
          rows.length === 0 ? (
            <Empty title={t('bd.empty')} next={t('bd.empty_next')} />
          ) : (
            <div className="date-cards">
              {rows.map((date) => (
                <Card key={date.name} date={date} />
              ))}
            </div>
          )
        }
      </QueryView>
    </section>
  );
}
