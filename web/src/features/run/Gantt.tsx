import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef } from 'react';
import { stateWord } from '@/i18n';
import { isEnded, shapeOf } from '@/lib/states';
import { matches } from '@/lib/text';
import { axisStep, durationText, localTime } from '@/lib/time';
import { useClock, useNow, useZoneShort } from '@/ui/clock';
import { Glyph } from '@/ui/Glyph';
import { ROW_PX, usePrefs } from '@/ui/prefs';
import { moveTo } from '@/ui/tableModel';
import { Empty } from '@/ui/View';
import type { JobsView } from './JobList';
import { type Bar, barsOf, spanOf } from './model';

const MARKS_MOST = 8;

interface Scale {
  from: number;
  to: number;
  at: (ms: number) => string;
}

function Axis({ scale }: { scale: Scale }) {
  const { zone } = useClock();
  const short = useZoneShort();
  const step = axisStep(scale.to - scale.from, window.innerWidth < 700 ? 3 : MARKS_MOST);
  const marks: number[] = [];
  for (let ms = Math.ceil(scale.from / step) * step; ms < scale.to; ms += step) marks.push(ms);
  return (
    <div className="gantt-axis num" aria-hidden="true">
      <span className="gantt-zone">{short}</span>
      <div className="gantt-track">
        {marks.map((ms) => (
          <span key={ms} style={{ left: scale.at(ms) }}>
            {localTime(ms, zone).time.slice(0, step < 60_000 ? 8 : 5)}
            {step < 1000 && `.${Math.floor((ms % 1000) / 100)}`}
          </span>
        ))}
      </div>
    </div>
  );
}

function BarView({ bar, scale, now }: { bar: Bar; scale: Scale; now: number }) {
  const { prefs, t } = usePrefs();
  const to = bar.to ?? now;
  const text = `${t('run.attempt_n', { n: bar.number })} ${stateWord(prefs.lang, bar.state)} ${durationText(to - bar.from)}`;
  const width = ((Math.max(to, bar.from) - bar.from) / (scale.to - scale.from)) * 100;
  return (
    <span
      className={`gantt-bar fill st-${shapeOf(bar.state)}`}
      data-open={bar.to === null || undefined}
      style={{ left: scale.at(bar.from), width: `max(3px, ${width}%)` }}
      title={text}
    />
  );
}

/** When each try of each job ran, on one scale. */
export function Gantt({ run, active, text, only, onPick, onOpen }: JobsView) {
  const { prefs, t } = usePrefs();
  const prefix = useId();
  const now = useNow(!isEnded(run.state));
  const scroller = useRef<HTMLDivElement>(null);
  const height = ROW_PX[prefs.density];
  const jobs = useMemo(
    () =>
      run.jobs.filter((job) => (only?.has(job.job) ?? true) && matches(text, job.job, job.title)),
    [run.jobs, text, only],
  );
  const [from, to] = spanOf(run, now);
  const scale: Scale = { from, to, at: (ms) => `${((ms - from) / (to - from)) * 100}%` };
  const virtual = useVirtualizer({
    count: jobs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    scrollPaddingStart: height,
  });
  useEffect(() => virtual.measure(), [virtual]);
  const at = jobs.findIndex((job) => job.job === active);

  function onKey(event: KeyboardEvent) {
    if (event.key === 'Enter' && at >= 0) onOpen(jobs[at]!.job);
    else {
      const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 300) / height) - 2);
      const next = moveTo(event.key, at, jobs.length, page);
      if (next === null) return;
      onPick(jobs[next]!.job);
      virtual.scrollToIndex(next);
    }
    event.preventDefault();
  }

  if (jobs.length === 0) return <Empty title={t('run.no_job_matches')} />;
  return (
    <div
      className="gantt"
      ref={scroller}
      role="listbox"
      tabIndex={0}
      aria-label={t('run.gantt')}
      aria-activedescendant={at >= 0 ? `${prefix}-${at}` : undefined}
      onKeyDown={onKey}
    >
      <Axis scale={scale} />
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
        {!isEnded(run.state) && (
          <div className="gantt-now" aria-hidden="true">
            <div className="gantt-track">
              <i style={{ left: scale.at(now) }} />
            </div>
          </div>
        )}
        {virtual.getVirtualItems().map((item) => {
          const job = jobs[item.index]!;
          const bars = barsOf(job);
          return (
            <div
              key={job.job}
              id={`${prefix}-${item.index}`}
              role="option"
              aria-selected={job.job === active}
              aria-label={`${job.title || job.job} ${stateWord(prefs.lang, job.state)}`}
              className="gantt-row"
              data-active={job.job === active || undefined}
              style={{ transform: `translateY(${item.start}px)`, height }}
              onClick={() => onPick(job.job)}
              onDoubleClick={() => onOpen(job.job)}
            >
              <span className="gantt-name">
                <Glyph state={job.state} /> {job.title || job.job}
              </span>
              <div className="gantt-track">
                {bars.map((bar) => (
                  <BarView key={bar.number} bar={bar} scale={scale} now={now} />
                ))}
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}
