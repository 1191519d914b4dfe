import './calendars.css';
import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { queries } from '@/api/queries';
import type { CalendarDay, CalendarDetail } from '@/api/types';
import { monthOf } from '@/lib/day';
import { localTime } from '@/lib/time';
import { useClock } from '@/ui/clock';
import { Month } from '@/ui/days/Month';
import { useDayKeys } from '@/ui/days/useDayKeys';
import { Icon } from '@/ui/Icon';
import { usePrefs, useT } from '@/ui/prefs';
import { QueryView } from '@/ui/View';
import { CalendarFacts, CalendarRevisions, UsedBy } from './About';
import { DayPanel } from './DayPanel';
import { decidingRevision, faceOf, monthNotes, monthsOf, stopOf, yearDays } from './model';
import { Rules } from './Rules';
import { type CalendarSearch, FIRST_YEAR, LAST_YEAR } from './search';

function useToday(zoneOfCalendar: string): string {
  const { zone, now } = useClock();
  return localTime(now(), zoneOfCalendar || zone).date;
}

function Head({
  detail,
  year,
  today,
  go,
}: {
  detail: CalendarDetail;
  year: number;
  today: string;
  go: (search: CalendarSearch) => void;
}) {
  const t = useT();
  return (
    <header className="page-head">
      <h1>
        {detail.title || detail.name}{' '}
        {detail.title && <small className="mono">{detail.name}</small>}
      </h1>
      {detail.deleted && <span className="flag bad">{t('wf.deleted')}</span>}
      <span className="muted num">{t('run.revision', { n: detail.revision })}</span>
      <span className="grow" />
      <div className="toolbar" role="group" aria-label={t('cal.year')}>
        <Button
          size="xs"
          variant="default"
          disabled={year <= FIRST_YEAR}
          onClick={() => go({ year: year - 1 })}
          leftSection={<Icon name="left" size={13} />}
        >
          {year - 1}
        </Button>
        <b className="num year-now" aria-live="polite">
          {year}
        </b>
        <Button
          size="xs"
          variant="default"
          disabled={year >= LAST_YEAR}
          onClick={() => go({ year: year + 1 })}
          rightSection={<Icon name="right" size={13} />}
        >
          {year + 1}
        </Button>
        <Button size="xs" variant="subtle" onClick={() => go({ day: today })}>
          {t('cal.today')}
        </Button>
      </div>
    </header>
  );
}

function Legend({ open, closed, ownMonths }: { open: number; closed: number; ownMonths: boolean }) {
  const t = useT();
  return (
    <p className="legend">
      <span>
        <i className="day" /> {t('cal.open_days', { n: open })}
      </span>
      <span>
        <i className="day" data-closed /> {t('cal.closed_days', { n: closed })}
      </span>
      <span>
        <i className="day" data-closed data-named /> {t('cal.legend_named')}
      </span>
      <span>
        <i className="day" data-today /> {t('cal.today')}
      </span>
      {ownMonths && (
        <span>
          <i className="day" data-month-first /> {t('cal.legend_month')}
        </span>
      )}
    </p>
  );
}

function Year({
  items,
  year,
  chosen,
  today,
  choose,
  point,
}: {
  items: readonly CalendarDay[];
  year: number;
  chosen: string | undefined;
  today: string;
  choose: (date: string) => void;
  point: (date: string | null) => void;
}) {
  const { prefs, t } = usePrefs();
  const all = useMemo(() => yearDays(items), [items]);
  const face = useCallback(
    (date: string) => faceOf(prefs.lang, all, date, today),
    [prefs.lang, all, today],
  );
  const keys = useDayKeys(choose, point);
  const { ref } = keys;
  useEffect(() => {
    // Once, when the page is opened: the day that the address names is in sight.
    ref.current?.querySelector('[data-chosen]')?.scrollIntoView({ block: 'nearest' });
  }, [ref]);
  const stop = stopOf(year, chosen, today);
  return (
    <div className="panel panel-body year">
      <Legend open={all.open} closed={all.closed} ownMonths={all.ownMonths} />
      <div className="months" role="group" aria-label={t('cal.keys')} {...keys}>
        {monthsOf(year).map((month) => (
          <Month
            key={month}
            month={month}
            chosen={chosen && monthOf(chosen) === month ? chosen : null}
            stop={monthOf(stop) === month ? stop : null}
            face={face}
            note={monthNotes(prefs.lang, all, month)}
          />
        ))}
      </div>
    </div>
  );
}

function Body({ detail }: { detail: CalendarDetail }) {
  const t = useT();
  const search = useSearch({ from: '/calendars/$calendar' });
  const navigate = useNavigate({ from: '/calendars/$calendar' });
  const today = useToday(detail.timezone);
  const year = search.year ?? Number(today.slice(0, 4));
  const [pointed, setPointed] = useState<string | null>(null);
  const go = useCallback(
    (next: CalendarSearch) =>
      void navigate({
        search: { year: next.day ? Number(next.day.slice(0, 4)) : next.year, day: next.day },
        replace: true,
      }),
    [navigate],
  );
  const choose = useCallback((day: string) => go({ day }), [go]);
  const query = useQuery({
    ...queries.calendarDays(detail.name, `${year}-01-01`, `${year}-12-31`),
    placeholderData: keepPreviousData,
  });
  const shown = pointed ?? search.day ?? stopOf(year, undefined, today);
  const day = query.data?.items.find((each) => each.date === shown);
  const decides = decidingRevision(detail.revisions, shown) ?? detail.revision;
  return (
    <>
      <Head detail={detail} year={year} today={today} go={go} />
      {query.data?.warnings.map((warning) => (
        <p className="note warning-note" key={warning.code} role="status">
          {t('cal.not_verified', { date: warning.verified_until })}
        </p>
      ))}
      <div className="calendar-body">
        <aside className="panel panel-body day-panel" aria-label={t('cal.day')}>
          <DayPanel detail={detail} day={day} date={shown} />
        </aside>
        <QueryView query={query}>
          {(days) => (
            <Year
              items={days.items}
              year={year}
              chosen={search.day}
              today={today}
              choose={choose}
              point={setPointed}
            />
          )}
        </QueryView>
        <div className="calendar-more">
          <section className="panel panel-body">
            <h2>{t('cal.rules')}</h2>
            <Rules detail={detail} revision={decides} reason={day?.reason} />
          </section>
          <section className="panel panel-body">
            <CalendarFacts detail={detail} />
          </section>
          <section className="panel panel-body">
            <h2>{t('cal.used_by')}</h2>
            <UsedBy detail={detail} />
          </section>
          <details className="panel panel-body">
            <summary>{t('wf.revisions')}</summary>
            <div className="scroll-x" role="region" aria-label={t('wf.revisions')} tabIndex={0}>
              <CalendarRevisions detail={detail} />
            </div>
          </details>
          <details className="panel panel-body">
            <summary>{t('wf.source')}</summary>
            <pre className="source">{detail.source}</pre>
          </details>
        </div>
      </div>
    </>
  );
}

/** A calendar as a year: every day, and the rule behind it. */
export function CalendarPage() {
  const { calendar } = useParams({ from: '/calendars/$calendar' });
  const query = useQuery(queries.calendar(calendar));
  return (
    <section className="page calendar-page">
      <QueryView query={query}>{(detail) => <Body detail={detail} />}</QueryView>
    </section>
  );
}
