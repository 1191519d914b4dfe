import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import { dayText } from '@/lib/time';
import { Instant, useZoneShort } from '@/ui/clock';
import { usePrefs } from '@/ui/prefs';
import { ruleOf } from '@/ui/traceModel';
import { QueryView } from '@/ui/View';
import { type NextLine, nextLines } from './scheduleModel';

const NEXT = 30;

function Line({ line }: { line: NextLine }) {
  const { prefs, t } = usePrefs();
  const { start } = line;
  return (
    <tr data-dropped={line.dropped || undefined}>
      <td>
        {line.dropped ? (
          <s>
            <Instant at={start.at} />
          </s>
        ) : (
          <Instant at={start.at} />
        )}
      </td>
      <td className="num">{dayText(start.business_date, prefs.lang)}</td>
      <td>{start.triggers.join(t('view.list_separator'))}</td>
      <td>
        {line.dropped && <span className="flag">{t('sched.not_started_short')}</span>} {line.reason}
        {line.reason === '' && (
          <span className="muted">{ruleOf(prefs.lang, start.trace as never)}</span>
        )}
      </td>
    </tr>
  );
}

/** The next starts, each with what made it other than its rule says, and the dates that are dropped between. */
export function NextStarts({ workflow }: { workflow: string }) {
  const { prefs, t } = usePrefs();
  const short = useZoneShort();
  const query = useQuery(queries.nextStarts(workflow, NEXT, true));
  return (
    <section className="panel panel-body next-list">
      <h2>{t('sched.next', { n: NEXT })}</h2>
      <QueryView query={query} rows={6}>
        {(starts) =>
          starts.items.length === 0 ? (
            <p className="muted">{t('wf.no_next')}</p>
          ) : (
            <div
              className="scroll-x"
              role="region"
              aria-label={t('sched.next', { n: NEXT })}
              tabIndex={0}
            >
              <table className="plain">
                <thead>
                  <tr>
                    <th>{t('col.at', { zone: short })}</th>
                    <th>{t('col.business_date')}</th>
                    <th>{t('sched.trigger')}</th>
                    <th>{t('col.reason')}</th>
                  </tr>
                </thead>
                <tbody>
                  {nextLines(prefs.lang, starts.items, NEXT).map((line) => (
                    <Line key={line.key} line={line} />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </QueryView>
    </section>
  );
}
