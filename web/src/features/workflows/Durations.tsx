import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import { stateWord } from '@/i18n';
import { shapeOf } from '@/lib/states';
import { durationText } from '@/lib/time';
import { useRows } from '@/ui/ListView';
import { usePrefs } from '@/ui/prefs';
import { QueryView } from '@/ui/View';
import { type Lasted, lastedOf, percentile } from './model';

/** How high a bar or line stands, of the longest; what took no time is still seen. */
const heightOf = (ms: number, longest: number) => `${Math.max(2, (ms / longest) * 100)}%`;

function Bars({ runs }: { runs: Lasted[] }) {
  const { prefs, t } = usePrefs();
  const longest = Math.max(1, ...runs.map((run) => run.ms));
  const marks = [50, 90].map((part) => ({ part, ms: percentile(runs, part) }));
  return (
    <>
      <div className="durations">
        {marks.map(({ part, ms }) => (
          <i key={part} style={{ bottom: heightOf(ms, longest) }} aria-hidden="true" />
        ))}
        <ol>
          {runs.map((run) => {
            const text = `${run.name} ${durationText(run.ms)} ${stateWord(prefs.lang, run.state)}`;
            return (
              <li key={run.name} style={{ height: heightOf(run.ms, longest) }}>
                <Link
                  to="/runs/$run"
                  params={{ run: run.name }}
                  search={{}}
                  className={`fill st-${shapeOf(run.state)}`}
                  aria-label={text}
                  title={text}
                />
              </li>
            );
          })}
        </ol>
      </div>
      <p className="muted num">
        {t('wf.durations_of', { n: runs.length })}{' '}
        {marks.map(({ part, ms }) => (
          <span key={part}>
            p{part} <b>{durationText(ms)}</b>{' '}
          </span>
        ))}
      </p>
    </>
  );
}

/** How long the last runs took, with the half and the nine tenths that took no longer. */
export function Durations({ workflow }: { workflow: string }) {
  const { t } = usePrefs();
  const query = useInfiniteQuery(queries.runs({ workflow }));
  const runs = lastedOf(useRows(query));
  return (
    <div className="panel panel-body">
      <h2>{t('wf.durations')}</h2>
      <QueryView query={query} rows={2}>
        {() =>
          runs.length === 0 ? (
            <p className="muted">{t('wf.durations_none')}</p>
          ) : (
            <Bars runs={runs} />
          )
        }
      </QueryView>
    </div>
  );
}
