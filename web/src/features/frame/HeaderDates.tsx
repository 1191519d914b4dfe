import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import { dayText } from '@/lib/time';
import { usePrefs } from '@/ui/prefs';

const SHOWN = 3;

/** The business dates in the header: which day the work is for. */
export function HeaderDates() {
  const { prefs, t } = usePrefs();
  const { data } = useQuery(queries.server());
  const dates = data?.business_dates ?? [];
  if (dates.length === 0) return null;
  const more = dates.length - SHOWN;
  return (
    <nav className="header-dates" aria-label={t('nav.business_dates')}>
      {dates.slice(0, SHOWN).map((date) => (
        <Link
          key={date.name}
          to="/business-dates/$businessDate"
          params={{ businessDate: date.name }}
          title={date.title}
        >
          {date.name} <b className="num">{dayText(date.value, prefs.lang)}</b>
        </Link>
      ))}
      {more > 0 && <Link to="/business-dates">{t('bd.more', { n: more })}</Link>}
    </nav>
  );
}
