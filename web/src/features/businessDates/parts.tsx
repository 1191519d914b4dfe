import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { BusinessDate, BusinessDateDetail, BusinessDateMove } from '@/api/types';
import { shortDay } from '@/lib/day';
import { dayText } from '@/lib/time';
import { Instant, useClock, useZoneShort } from '@/ui/clock';
import { ShapeGlyph, StateText } from '@/ui/Glyph';
import { Icon } from '@/ui/Icon';
import { useActionsOff } from '@/ui/live';
import { usePrefs, useT } from '@/ui/prefs';
import { useMay } from '@/ui/session';
import { MoveDialog } from './MoveDialog';
import { type Direction, howText } from './model';

/** The next change: to which date, when, and whom it waits for. */
export function NextChange({ date }: { date: BusinessDate }) {
  const { prefs, t } = usePrefs();
  const { zone } = useClock();
  return (
    <>
      <p>
        {date.next && (
          <>
            → <b className="num">{dayText(date.next.date, prefs.lang)}</b>{' '}
          </>
        )}
        <span>{howText(prefs.lang, date, zone)}</span>
      </p>
      {date.next && date.next.after.length > 0 && (
        <ul className="waits">
          {date.next.after.map((each) => (
            <li key={each.workflow} data-done={each.done}>
              <ShapeGlyph shape={each.done ? 'succeeded' : 'waiting'} />
              <Link
                to="/workflows/$workflow/$tab"
                params={{ workflow: each.workflow, tab: 'overview' }}
              >
                {each.workflow}
              </Link>
              {each.run ? (
                <Link to="/runs/$run" params={{ run: each.run }} search={{}}>
                  {t(each.done ? 'bd.ended_well' : 'bd.not_ended')}
                </Link>
              ) : (
                <span className="muted">{t(each.done ? 'bd.ended_well' : 'bd.not_ended')}</span>
              )}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Advance and move back, each with a preview; both work from the value that is shown. */
export function MoveButtons({ name }: { name: string }) {
  const t = useT();
  const off = useActionsOff();
  const mayOperate = useMay('operate');
  const [asked, setAsked] = useState<Direction | null>(null);
  if (!mayOperate) return null;
  return (
    <div className="toolbar">
      <Button
        size="xs"
        disabled={off}
        onClick={() => setAsked('advance')}
        rightSection={<Icon name="right" size={13} />}
      >
        {t('bd.advance')}
      </Button>
      <Button
        size="xs"
        variant="default"
        disabled={off}
        onClick={() => setAsked('back')}
        leftSection={<Icon name="left" size={13} />}
      >
        {t('bd.back')}
      </Button>
      {asked && <MoveDialog name={name} direction={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

/** Who works for the date, and what has not ended for it. */
export function Readers({ detail }: { detail: BusinessDateDetail }) {
  const t = useT();
  const { workflows, unfinished, unfinished_count } = detail;
  return (
    <>
      <h3>{t('bd.workflows')}</h3>
      {workflows.length === 0 ? (
        <p className="muted">{t('bd.workflows_none')}</p>
      ) : (
        <p className="links">
          {workflows.map((workflow) => (
            <Link
              key={workflow}
              to="/workflows/$workflow/$tab"
              params={{ workflow, tab: 'schedule' }}
            >
              {workflow}
            </Link>
          ))}
        </p>
      )}
      <h3>{t('bd.unfinished', { n: unfinished_count })}</h3>
      {unfinished.length > 0 && (
        <ul className="waits">
          {unfinished.map((run) => (
            <li key={run.id}>
              <Link to="/runs/$run" params={{ run: run.name }} search={{}}>
                {run.name}
              </Link>
              <StateText state={run.state} />
            </li>
          ))}
          {unfinished_count > unfinished.length && (
            <li>{t('effect.more', { n: unfinished_count - unfinished.length })}</li>
          )}
        </ul>
      )}
    </>
  );
}

/** Every value it has had, the newest first: who moved it, when and why. */
export function History({ moves }: { moves: readonly BusinessDateMove[] }) {
  const { prefs, t } = usePrefs();
  const short = useZoneShort();
  return (
    <div className="scroll-x" role="region" aria-label={t('bd.history')} tabIndex={0}>
      <table className="plain">
        <thead>
          <tr>
            <th>{t('bd.value')}</th>
            <th>{t('col.at', { zone: short })}</th>
            <th>{t('bd.how')}</th>
            <th>{t('col.by')}</th>
            <th>{t('col.reason')}</th>
          </tr>
        </thead>
        <tbody>
          {moves.map((move) => (
            <tr key={move.number}>
              <td className="num nowrap">
                {move.from && `${shortDay(move.from, prefs.lang)} → `}
                <b>{dayText(move.to, prefs.lang)}</b>
              </td>
              <td className="nowrap">
                <Instant at={move.at} />
              </td>
              <td>{t(`move.${move.how}`)}</td>
              <td>
                {move.actor}
                {move.run && (
                  <Link to="/runs/$run" params={{ run: move.run }} search={{}}>
                    {t('sched.run')}
                  </Link>
                )}
              </td>
              <td>{move.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
