import { useMemo } from 'react';
import type { Job, RunDetail } from '@/api/types';
import { stateWord } from '@/i18n';
import { isActive } from '@/lib/states';
import { matches } from '@/lib/text';
import { durationText, elapsedMs, instantText } from '@/lib/time';
import { Instant, useClock, useZoneShort } from '@/ui/clock';
import { StateText } from '@/ui/Glyph';
import { usePrefs } from '@/ui/prefs';
import { Took } from '@/ui/runColumns';
import { type Column, Table } from '@/ui/Table';
import { Empty } from '@/ui/View';
import { endDetail } from '@/ui/whyModel';
import { newestAttempt } from './model';

export interface JobsView {
  run: RunDetail;
  active: string | null;
  text: string;
  onPick: (job: string) => void;
  onOpen: (job: string) => void;
}

function JobMarks({ job }: { job: Job }) {
  const { t } = usePrefs();
  return (
    <span className="flags">
      {job.state_changed_by && (
        <span className="flag">{t('run.state_changed_by', { name: job.state_changed_by })}</span>
      )}
      {job.confirmed && <span className="flag">{t('op.confirm')}</span>}
      {(job.marks ?? []).map((mark) => (
        <span key={mark.kind} className="flag" title={`${mark.by}: ${mark.reason}`}>
          {t(mark.kind === 'drain' ? 'op.drain' : `op.${mark.kind}`)}
        </span>
      ))}
    </span>
  );
}

function useJobColumns(): Column<Job>[] {
  const { t, prefs } = usePrefs();
  const { zone, now } = useClock();
  const short = useZoneShort();
  return useMemo(() => {
    const end = (job: Job) => {
      const attempt = newestAttempt(job);
      return attempt ? endDetail(prefs.lang, attempt as unknown as Record<string, unknown>) : '';
    };
    const span = (job: Job) => newestAttempt(job) ?? { started_at: null, ended_at: null };
    return [
      {
        key: 'job',
        head: t('col.job'),
        width: 'minmax(140px, 1fr)',
        cell: (job) => <span className="strong">{job.job}</span>,
        text: (job) => job.job,
      },
      {
        key: 'title',
        head: t('col.title'),
        width: 'minmax(120px, 1.1fr)',
        cell: (job) => job.title,
        text: (job) => job.title,
      },
      {
        key: 'state',
        head: t('col.state'),
        width: '136px',
        cell: (job) => <StateText state={job.state} />,
        text: (job) => stateWord(prefs.lang, job.state),
      },
      {
        key: 'attempt',
        head: t('col.attempt'),
        width: '52px',
        numeric: true,
        cell: (job) => <span className="num">{job.attempt || ''}</span>,
        text: (job) => String(job.attempt),
      },
      {
        key: 'started',
        head: t('col.started', { zone: short }),
        width: '158px',
        cell: (job) => <Instant at={span(job).started_at} />,
        text: (job) => instantText(span(job).started_at, zone),
      },
      {
        key: 'took',
        head: t('col.took'),
        width: '76px',
        numeric: true,
        cell: (job) => <Took span={span(job)} going={isActive(job.state)} />,
        text: (job) => {
          const ms = elapsedMs(span(job), now());
          return ms === null ? '' : durationText(ms);
        },
      },
      { key: 'end', head: t('col.exit'), width: 'minmax(100px, 0.9fr)', cell: end, text: end },
      {
        key: 'agent',
        head: t('col.agent'),
        width: '90px',
        cell: (job) => newestAttempt(job)?.agent ?? '',
        text: (job) => newestAttempt(job)?.agent ?? '',
      },
      {
        key: 'marks',
        head: t('col.flags'),
        width: 'minmax(80px, 0.7fr)',
        cell: (job) => <JobMarks job={job} />,
        text: (job) => (job.marks ?? []).map((mark) => mark.kind).join(' '),
      },
    ];
  }, [t, prefs.lang, zone, now, short]);
}

export function JobList({ run, active, text, onPick, onOpen }: JobsView) {
  const { t, prefs } = usePrefs();
  const columns = useJobColumns();
  const jobs = useMemo(
    () =>
      run.jobs.filter((job) =>
        matches(text, job.job, job.title, job.state, stateWord(prefs.lang, job.state)),
      ),
    [run.jobs, text, prefs.lang],
  );
  if (run.jobs.length === 0) return <Empty title={t('run.empty')} />;
  if (jobs.length === 0) return <Empty title={t('run.no_job_matches')} />;
  return (
    <Table
      label={t('run.list')}
      rows={jobs}
      columns={columns}
      idOf={(job) => job.job}
      active={active}
      onActive={onPick}
      onOpen={(job) => onOpen(job.job)}
    />
  );
}
