import { useQuery } from '@tanstack/react-query';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import type { Job, RunDetail } from '@/api/types';
import { ShapeGlyph } from '@/ui/Glyph';
import { plainText } from '@/ui/log/logModel';
import { usePrefs } from '@/ui/prefs';
import { endDetail } from '@/ui/whyModel';
import { failedJobs, heldBackBy, newestAttempt } from './model';

const LINES = 5;

function LastLines({ run, job }: { run: RunDetail; job: Job }) {
  const { t } = usePrefs();
  const attempt = newestAttempt(job);
  const { data } = useQuery({
    queryKey: ['log-end', run.id, job.job, attempt?.number, attempt?.ended_at],
    queryFn: ({ signal }) =>
      api.get('/api/v1/runs/{run}/jobs/{job}/logs/lines', {
        path: { run: run.id, job: job.job },
        query: { attempt: attempt?.number ?? 0, tail: 40 },
        signal,
      }),
    enabled: attempt !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const lines = (data?.items ?? []).filter((line) => line.text.trim() !== '');
  // The last error is what matters; without one, the end.
  const lastError = lines.findLastIndex((line) => line.severity === 'error');
  const end = lastError >= 0 ? Math.min(lines.length, lastError + 2) : lines.length;
  const shown = lines.slice(Math.max(0, end - LINES), end);
  if (shown.length === 0) return null;
  return (
    <pre className="banner-log" aria-label={t('run.banner_log')}>
      {shown.map((line) => (
        <span key={line.n} data-severity={line.severity}>
          {plainText(line.text)}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}

/** What failed first, how, the end of its log, and what did not run because of it. */
export function FailureBanner({ run, onOpen }: { run: RunDetail; onOpen: (job: string) => void }) {
  const { t, prefs } = usePrefs();
  const failed = failedJobs(run.jobs).filter((job) => !job.confirmed);
  const { data: why } = useQuery({ ...queries.whyRun(run.name), enabled: failed.length > 0 });
  const first = failed.toSorted((a, b) => (a.ended_at ?? '~').localeCompare(b.ended_at ?? '~'))[0];
  if (!first) return null;
  const attempt = newestAttempt(first);
  const held = heldBackBy(run.jobs, first.job);
  return (
    <section className="failure-banner" aria-label={t('run.banner', { job: first.job })}>
      <ShapeGlyph shape={first.state === 'unknown' ? 'unknown' : 'failed'} size={18} />
      <div className="banner-text">
        <p>
          <b>{first.title ? `${first.title} (${first.job})` : first.job}</b>{' '}
          {attempt && endDetail(prefs.lang, attempt as unknown as Record<string, unknown>)}
          {failed.length > 1 && (
            <span className="muted"> {t('run.banner_more', { n: failed.length - 1 })}</span>
          )}
        </p>
        {held.length > 0 && (
          <p className="muted">
            {t('run.banner_not_run', {
              jobs: held.slice(0, 8).join(t('view.list_separator')) + (held.length > 8 ? ' …' : ''),
            })}
          </p>
        )}
        <LastLines run={run} job={first} />
      </div>
      <div className="banner-links">
        <button type="button" className="link-button" onClick={() => onOpen(first.job)}>
          {t('run.open_log')}
        </button>
        {why?.runbook && /^https?:\/\//.test(why.runbook) && (
          <a href={why.runbook} rel="noreferrer">
            {t('run.runbook')}
          </a>
        )}
      </div>
    </section>
  );
}
