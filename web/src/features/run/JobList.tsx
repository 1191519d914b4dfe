import { useMemo, useState } from 'react';
import type { Job, RunDetail } from '@/api/types';
import { stateWord } from '@/i18n';
import { isActive } from '@/lib/states';
import { matches } from '@/lib/text';
import { durationText, elapsedMs, instantText } from '@/lib/time';
import { Instant, useClock, useZoneShort } from '@/ui/clock';
import { StateText } from '@/ui/Glyph';
import { numberColumn, onlyWide, textColumn } from '@/ui/ListView';
import { BulkBar } from '@/ui/operate/BulkBar';
import type { BulkAction } from '@/ui/operate/bulkModel';
import { usePrefs } from '@/ui/prefs';
import { Took } from '@/ui/runColumns';
import { useMay } from '@/ui/session';
import { type Column, Table } from '@/ui/Table';
import { Empty } from '@/ui/View';
import { endDetail } from '@/ui/whyModel';
import { newestAttempt } from './model';

export interface JobsView {
  run: RunDetail;
  active: string | null;
  text: string;
  /** When given, only these are shown. */
  only: ReadonlySet<string> | null;
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
      textColumn(
        'job',
        t('col.job'),
        'minmax(110px, 1fr)',
        (job) => job.job,
        (job) => <span className="strong">{job.job}</span>,
      ),
      ...onlyWide<Job>(
        textColumn('title', t('col.title'), 'minmax(90px, 1.1fr)', (job) => job.title),
      ),
      textColumn(
        'state',
        t('col.state'),
        'minmax(104px, 132px)',
        (job) => stateWord(prefs.lang, job.state),
        (job) => <StateText state={job.state} />,
      ),
      ...onlyWide<Job>(
        numberColumn('attempt', t('col.attempt'), '46px', (job) => String(job.attempt || '')),
        textColumn(
          'started',
          t('col.started', { zone: short }),
          '116px',
          (job) => instantText(span(job).started_at, zone),
          (job) => <Instant at={span(job).started_at} full={false} />,
        ),
      ),
      {
        key: 'took',
        head: t('col.took'),
        width: '66px',
        numeric: true,
        cell: (job) => <Took span={span(job)} going={isActive(job.state)} />,
        text: (job) => {
          const ms = elapsedMs(span(job), now());
          return ms === null ? '' : durationText(ms);
        },
      },
      ...onlyWide<Job>(
        textColumn('end', t('col.exit'), 'minmax(80px, 0.9fr)', end),
        textColumn(
          'agent',
          t('col.agent'),
          'minmax(60px, 0.5fr)',
          (job) => newestAttempt(job)?.agent ?? '',
        ),
        textColumn(
          'marks',
          t('col.flags'),
          'minmax(56px, 0.7fr)',
          (job) => (job.marks ?? []).map((mark) => mark.kind).join(' '),
          (job) => <JobMarks job={job} />,
        ),
      ),
    ];
  }, [t, prefs.lang, zone, now, short]);
}

const BULK: BulkAction[] = [
  'job.hold',
  'job.release',
  'job.skip',
  'job.unskip',
  'job.disable',
  'job.enable',
  'job.confirm',
  'job.kill',
];

export function JobList({ run, active, text, only, onPick, onOpen }: JobsView) {
  const { t, prefs } = usePrefs();
  const columns = useJobColumns();
  const mayOperate = useMay('operate');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const jobs = useMemo(
    () =>
      run.jobs.filter(
        (job) =>
          (only?.has(job.job) ?? true) &&
          matches(text, job.job, job.title, job.state, stateWord(prefs.lang, job.state)),
      ),
    [run.jobs, text, only, prefs.lang],
  );
  if (run.jobs.length === 0) return <Empty title={t('run.empty')} />;
  if (jobs.length === 0) return <Empty title={t('run.no_job_matches')} />;
  return (
    <>
      <Table
        label={t('run.list')}
        rows={jobs}
        columns={columns}
        idOf={(job) => job.job}
        active={active}
        onActive={onPick}
        onOpen={(job) => onOpen(job.job)}
        {...(mayOperate ? { selection: { ids: chosen, change: setChosen } } : {})}
      />
      {chosen.size > 0 && (
        <BulkBar
          names={[...chosen].map((job) => `${run.name}/${job}`)}
          actions={BULK}
          clear={() => setChosen(new Set())}
        />
      )}
    </>
  );
}
