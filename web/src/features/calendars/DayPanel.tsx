import { Link } from '@tanstack/react-router';
import type { CalendarDay, CalendarDetail } from '@/api/types';
import { dayText } from '@/lib/time';
import { ShapeGlyph } from '@/ui/Glyph';
import { usePrefs } from '@/ui/prefs';
import { dayReasonText } from '@/ui/traceModel';
import { decidingRevision, monthTitle } from './model';

/** Why a day is open or closed: the rule, whose it is, and in which month of the calendar the day lies. */
export function DayPanel({
  detail,
  day,
  date,
}: {
  detail: CalendarDetail;
  day: CalendarDay | undefined;
  date: string;
}) {
  const { prefs, t } = usePrefs();
  if (!day) return <p className="muted">{t('cal.pick')}</p>;
  const { reason, month } = day;
  const from = reason.calendar ?? '';
  const deciding = decidingRevision(detail.revisions, date);
  return (
    <>
      <h2>{dayText(date, prefs.lang)}</h2>
      <p className="day-verdict" data-open={day.open}>
        <ShapeGlyph shape={day.open ? 'succeeded' : 'not_run'} />
        <b>{t(day.open ? 'cal.open' : 'cal.closed')}</b>
      </p>
      <p className="day-reason">{dayReasonText(prefs.lang, reason, date)}</p>
      {from !== '' && from !== detail.name && (
        <p>
          {t('cal.inherited')}{' '}
          <Link to="/calendars/$calendar" params={{ calendar: from }} search={{ day: date }}>
            {from}
          </Link>
        </p>
      )}
      {deciding !== null && deciding !== detail.revision && (
        <p className="muted">{t('cal.decided_by_revision', { n: deciding })}</p>
      )}
      <p className="muted num">
        {monthTitle(prefs.lang, month)}: {month.first} – {month.last}
      </p>
    </>
  );
}
