import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Run } from '@/api/types';
import { lookup, stateWord } from '@/i18n';
import { isActive } from '@/lib/states';
import { durationText, elapsedMs, instantText } from '@/lib/time';
import { Instant, useClock, useNow, useZoneShort } from './clock';
import { StateText } from './Glyph';
import { numberColumn, onlyWide, textColumn } from './ListView';
import { usePrefs } from './prefs';
import type { Column } from './Table';

/** Time taken; goes on by the second while it runs. */
export function Took({
  span,
  going,
}: {
  span: { started_at: string | null; ended_at: string | null };
  going: boolean;
}) {
  const now = useNow(going);
  const ms = elapsedMs(span, now);
  return <span className="num">{ms === null ? '' : durationText(ms)}</span>;
}

function Flags({ run }: { run: Run }) {
  const { t } = usePrefs();
  return (
    <span className="flags">
      {run.needs_decision && <span className="flag bad">{t('run.needs_decision')}</span>}
      {run.has_failure && !['failed', 'killed'].includes(run.state) && (
        <span className="flag bad">{t('state.failed')}</span>
      )}
      {run.has_warning && run.state !== 'warning' && (
        <span className="flag warn">{t('state.warning')}</span>
      )}
      {run.reruns > 0 && <span className="flag">{t('run.reruns', { n: run.reruns })}</span>}
      {run.confirmed && (
        <span className="flag">{t('run.confirmed', { name: run.confirmed_by })}</span>
      )}
    </span>
  );
}

/** Columns of a list of runs, the same wherever runs are listed. */
export function useRunColumns(withTitle: boolean): Column<Run>[] {
  const { prefs, t } = usePrefs();
  const { zone, now } = useClock();
  const short = useZoneShort();
  return useMemo(() => {
    const title: Column<Run>[] = withTitle
      ? onlyWide(
          textColumn('title', t('col.title'), 'minmax(120px, 1.2fr)', (run) => run.title ?? ''),
        )
      : [];
    const origin = (run: Run) => lookup(prefs.lang, `origin.${run.origin}`, {}) ?? run.origin;
    return [
      {
        key: 'run',
        head: t('col.run'),
        width: 'minmax(120px, 1.4fr)',
        cell: (run) => (
          <Link
            to="/runs/$run"
            params={{ run: run.name }}
            search={{}}
            tabIndex={-1}
            className="strong"
          >
            {run.name}
          </Link>
        ),
        text: (run) => run.name,
      },
      ...title,
      textColumn(
        'state',
        t('col.state'),
        'minmax(106px, 130px)',
        (run) => stateWord(prefs.lang, run.state),
        (run) => <StateText state={run.state} />,
      ),
      ...onlyWide<Run>(
        textColumn(
          'date',
          t('col.business_date'),
          '104px',
          (run) => run.business_date,
          (run) => <span className="num">{run.business_date}</span>,
        ),
        textColumn(
          'started',
          t('col.started', { zone: short }),
          '158px',
          (run) => instantText(run.started_at, zone),
          (run) => <Instant at={run.started_at} />,
        ),
      ),
      {
        key: 'took',
        head: t('col.took'),
        width: '72px',
        numeric: true,
        cell: (run) => <Took span={run} going={isActive(run.state)} />,
        text: (run) => {
          const ms = elapsedMs(run, now());
          return ms === null ? '' : durationText(ms);
        },
      },
      ...onlyWide<Run>(
        {
          key: 'origin',
          head: t('col.origin'),
          width: 'minmax(110px, 0.8fr)',
          cell: (run) => (
            <span>
              {origin(run)} {run.actor && <small className="muted">{run.actor}</small>}
            </span>
          ),
          text: (run) => `${origin(run)} ${run.actor}`.trim(),
        },
        numberColumn('revision', t('col.revision'), '76px', (run) => String(run.revision)),
        textColumn(
          'flags',
          t('col.flags'),
          'minmax(110px, 1fr)',
          (run) => (run.needs_decision ? t('run.needs_decision') : ''),
          (run) => <Flags run={run} />,
        ),
      ),
    ];
  }, [withTitle, prefs.lang, t, zone, now, short]);
}
