import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { RunDetail } from '@/api/types';
import { lookup } from '@/i18n';
import { isEnded, type Segment, segmentsOf } from '@/lib/states';
import { durationText, elapsedMs } from '@/lib/time';
import { Instant, useNow, useZoneShort } from '@/ui/clock';
import { StateChip } from '@/ui/Glyph';
import { Icon } from '@/ui/Icon';
import { useActionsOff } from '@/ui/live';
import { useOperate } from '@/ui/operate/Operate';
import { OperationMenu } from '@/ui/operate/OperationMenu';
import { runOperations } from '@/ui/operate/operations';
import { usePrefs, useT } from '@/ui/prefs';
import { useMay } from '@/ui/session';
import { doneCount, failedJobs } from './model';

const SEGMENT_SHAPES: [Segment, string][] = [
  ['succeeded', 'succeeded'],
  ['warning', 'warning'],
  ['failed', 'failed'],
  ['stopped', 'not_run'],
  ['running', 'running'],
];

function Progress({ run }: { run: RunDetail }) {
  const t = useT();
  const parts = useMemo(() => segmentsOf(run.jobs.map((job) => job.state)), [run.jobs]);
  const done = doneCount(run.jobs);
  return (
    <div
      className="progress"
      role="progressbar"
      aria-valuenow={done}
      aria-valuemin={0}
      aria-valuemax={run.jobs.length}
      aria-label={t('run.progress_of', { done, all: run.jobs.length })}
    >
      {SEGMENT_SHAPES.map(([segment, shape]) =>
        parts[segment] > 0 ? (
          <span key={segment} className={`fill st-${shape}`} style={{ flexGrow: parts[segment] }} />
        ) : null,
      )}
      {parts.open > 0 && <span style={{ flexGrow: parts.open }} />}
    </div>
  );
}

function Actions({ run }: { run: RunDetail }) {
  const t = useT();
  const open = useOperate();
  const off = useActionsOff();
  if (!useMay('operate')) return null;
  const names = runOperations(run);
  const first = names
    .filter((name) => ['kill', 'suspend', 'resume', 'hold', 'release', 'confirm'].includes(name))
    .slice(0, 2);
  const rest = names.filter((name) => !first.includes(name));
  const target = { is: 'run', run: run.name } as const;
  const canRerun = isEnded(run.state) || run.needs_decision;
  return (
    <div className="run-actions">
      {first.map((name) => (
        <Button
          key={name}
          size="xs"
          variant="default"
          disabled={off}
          onClick={() => open({ is: 'operation', name, target })}
        >
          {t(`op.${name}`)}
        </Button>
      ))}
      {rest.length > 0 && (
        <OperationMenu
          label={t('op.menu_run')}
          face={<Icon name="more" size={16} />}
          target={target}
          names={rest}
        />
      )}
      {canRerun && (
        <Button
          size="xs"
          disabled={off}
          leftSection={<Icon name="rerun" size={14} />}
          onClick={() => open({ is: 'rerun', run: run.name })}
        >
          {t('op.rerun')}
        </Button>
      )}
    </div>
  );
}

export function RunHeader({ run }: { run: RunDetail }) {
  const { t, prefs } = usePrefs();
  const short = useZoneShort();
  const going = !isEnded(run.state);
  const now = useNow(going);
  const failed = failedJobs(run.jobs).length;
  const took = elapsedMs(run, now);
  const origin = lookup(prefs.lang, `origin.${run.origin}`, {}) ?? run.origin;
  return (
    <header className="panel run-head">
      <div className="run-title">
        {run.folder && <span className="muted">{run.folder} /</span>}
        <h1>
          <Link to="/workflows/$workflow/$tab" params={{ workflow: run.workflow, tab: 'overview' }}>
            {run.title || run.workflow}
          </Link>{' '}
          <span className="num">{run.title ? run.name : `#${run.number}`}</span>
        </h1>
        <StateChip state={run.state} />
        {failed > 0 && <StateChip state="failed">{t('run.failed_n', { n: failed })}</StateChip>}
        {run.needs_decision && <StateChip state="unknown">{t('run.needs_decision')}</StateChip>}
        <span className="grow" />
        <Actions run={run} />
      </div>
      <div className="run-facts num">
        <span>{t('run.revision', { n: run.revision })}</span>
        <span>
          {t('run.business_date')} <b>{run.business_date}</b>
        </span>
        <span>
          {run.actor ? t('run.by_actor', { origin, name: run.actor }) : t('run.by', { origin })}
        </span>
        <span>
          <Instant at={run.started_at} /> {run.started_at && short}
          {run.ended_at && ' → '}
          <Instant at={run.ended_at} />
        </span>
        {run.reruns > 0 && <span>{t('run.reruns', { n: run.reruns })}</span>}
        {run.confirmed && <span>{t('run.confirmed', { name: run.confirmed_by })}</span>}
      </div>
      <div className="run-progress num">
        <Progress run={run} />
        <span>
          {t('run.progress')} <b>{`${doneCount(run.jobs)}/${run.jobs.length}`}</b>
        </span>
        {took !== null && (
          <span>
            {t('run.elapsed')} <b>{durationText(took)}</b>
          </span>
        )}
      </div>
    </header>
  );
}
