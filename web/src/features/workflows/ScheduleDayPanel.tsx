import { Link } from '@tanstack/react-router';
import type { TraceStep } from '@/api/types';
import { shortDay } from '@/lib/day';
import { dayText, zoneShort } from '@/lib/time';
import { StateText } from '@/ui/Glyph';
import { usePrefs } from '@/ui/prefs';
import { TraceList } from '@/ui/TraceList';
import { type Entry, type MonthDay, whyNot } from './scheduleModel';

function EntryView({ entry, severalZones }: { entry: Entry; severalZones: boolean }) {
  const { prefs, t } = usePrefs();
  const { run } = entry;
  const zone = severalZones ? '' : ` ${zoneShort(run.timezone, Date.parse(run.at))}`;
  const clock = `${entry.clock}${zone}`;
  return (
    <li data-kind={entry.kind}>
      <div className="entry-head">
        <b className="num">{entry.kind === 'dropped' ? <s>{clock}</s> : clock}</b>
        <span>{run.trigger}</span>
        {entry.kind === 'away' ? (
          <span>{t('sched.went_to', { to: shortDay(entry.to ?? '', prefs.lang) })}</span>
        ) : (
          <StateText state={run.state} />
        )}
        {run.run && (
          <Link to="/runs/$run" params={{ run: run.run }} search={{}}>
            {t('sched.run')}
          </Link>
        )}
      </div>
      {entry.kind === 'dropped' && <p>{whyNot(prefs.lang, run)}</p>}
      {run.detail && <p lang="en">{run.detail}</p>}
      {run.trace ? (
        <TraceList trace={run.trace as TraceStep[]} />
      ) : (
        <p className="muted">{t('sched.no_trace')}</p>
      )}
    </li>
  );
}

/** What the chosen day starts, drops and hands on, each with every step from its rule. */
export function ScheduleDayPanel({
  day,
  date,
  severalZones,
}: {
  day: MonthDay | undefined;
  date: string;
  severalZones: boolean;
}) {
  const { prefs, t } = usePrefs();
  return (
    <>
      <h2>{dayText(date, prefs.lang)}</h2>
      {day?.why && (
        <p>
          {t(day.closed ? 'cal.closed' : 'cal.open')}: {day.why}
        </p>
      )}
      {!day || day.entries.length === 0 ? (
        <p className="muted">{t('sched.nothing')}</p>
      ) : (
        <ul className="entries">
          {day.entries.map((entry) => (
            <EntryView
              key={`${entry.kind} ${entry.run.trigger} ${entry.run.origin}`}
              entry={entry}
              severalZones={severalZones}
            />
          ))}
        </ul>
      )}
      {day && day.more > 0 && <p className="muted">{t('sched.more', { n: day.more })}</p>}
    </>
  );
}
