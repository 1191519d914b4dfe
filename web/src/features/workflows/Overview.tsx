import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import type { WorkflowDetail } from '@/api/types';
import { stateWord } from '@/i18n';
import { shapeOf } from '@/lib/states';
import { dayText } from '@/lib/time';
import { Instant, useZoneShort } from '@/ui/clock';
import { Glyph } from '@/ui/Glyph';
import { usePrefs, useT } from '@/ui/prefs';
import { QueryView } from '@/ui/View';
import { Durations } from './Durations';
import { jobCount, pairsOf, textOf } from './model';

/** One cell a day, with colour and glyph: the last 90 days at a glance. */
function Strip({ workflow }: { workflow: string }) {
  const { prefs, t } = usePrefs();
  const query = useQuery(queries.history(workflow));
  return (
    <div className="panel panel-body">
      <h2>{t('wf.strip')}</h2>
      <QueryView query={query} rows={2}>
        {(history) => (
          <ol className="strip">
            {history.items.map((day) => {
              const date = dayText(day.date, prefs.lang);
              const text = day.worst
                ? t('wf.strip_day', { date, n: day.runs, state: stateWord(prefs.lang, day.worst) })
                : t('wf.strip_none', { date });
              return (
                <li key={day.date}>
                  {day.worst ? (
                    <Link
                      to="/runs"
                      search={{ workflow, date: day.date }}
                      className={`strip-day fill st-${shapeOf(day.worst)}`}
                      aria-label={text}
                      title={text}
                    >
                      <Glyph state={day.worst} size={11} />
                    </Link>
                  ) : (
                    <span
                      className="strip-day strip-none"
                      role="img"
                      title={text}
                      aria-label={text}
                    />
                  )}
                </li>
              );
            })}
          </ol>
        )}
      </QueryView>
    </div>
  );
}

function Facts({ detail }: { detail: WorkflowDetail }) {
  const t = useT();
  const { definition } = detail;
  const labels = pairsOf(definition['labels']);
  const rows: [string, string][] = [
    [t('wf.purpose'), textOf(definition, 'description')],
    [t('wf.owner'), textOf(definition, 'owner')],
    [t('wf.contact'), textOf(definition, 'contact')],
    [t('wf.runbook'), textOf(definition, 'runbook')],
    [
      t('wf.labels'),
      labels.map(([name, value]) => `${name}: ${value}`).join(t('view.list_separator')),
    ],
    [t('wf.jobs'), String(jobCount(definition))],
  ];
  return (
    <div className="panel panel-body">
      <dl className="facts">
        {rows
          .filter(([, text]) => text !== '')
          .map(([name, text]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd>{/^https?:\/\/\S+$/.test(text) ? <a href={text}>{text}</a> : text}</dd>
            </div>
          ))}
      </dl>
    </div>
  );
}

function NextStarts({ detail }: { detail: WorkflowDetail }) {
  const { prefs, t } = usePrefs();
  const short = useZoneShort();
  const query = useQuery(queries.nextStarts(detail.workflow, 8));
  return (
    <div className="panel panel-body">
      <h2>
        {t('wf.next_starts')} <small>{short}</small>
      </h2>
      <QueryView query={query} rows={4}>
        {(starts) =>
          starts.items.length === 0 ? (
            <p className="muted">{t('wf.no_next')}</p>
          ) : (
            <ol className="next-starts num">
              {starts.items.map((start) => (
                <li key={start.at}>
                  <Instant at={start.at} />{' '}
                  <span className="muted">{start.triggers.join(', ')}</span>{' '}
                  <span className="muted">
                    {t('col.business_date')} {dayText(start.business_date, prefs.lang)}
                  </span>
                </li>
              ))}
            </ol>
          )
        }
      </QueryView>
    </div>
  );
}

export function Overview({ detail }: { detail: WorkflowDetail }) {
  const t = useT();
  return (
    <div className="overview scroll" role="region" aria-label={t('wf.overview')}>
      <Strip workflow={detail.workflow} />
      <Durations workflow={detail.workflow} />
      <div className="two">
        <Facts detail={detail} />
        <NextStarts detail={detail} />
      </div>
      <details className="panel panel-body">
        <summary>{t('wf.source')}</summary>
        <pre className="source">{detail.source}</pre>
      </details>
    </div>
  );
}
