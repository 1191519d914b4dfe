import './schedule.css';
import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { queries } from '@/api/queries';
import type { ScheduleDay } from '@/api/types';
import { addMonths, monthName, monthOf } from '@/lib/day';
import { localTime } from '@/lib/time';
import { useClock } from '@/ui/clock';
import { type DayFace, Month } from '@/ui/days/Month';
import { useDayKeys } from '@/ui/days/useDayKeys';
import { Icon } from '@/ui/Icon';
import { useLive, useThrottled } from '@/ui/live';
import { usePrefs, useT } from '@/ui/prefs';
import { QueryView } from '@/ui/View';
import { NextStarts } from './NextStarts';
import { ScheduleDayPanel } from './ScheduleDayPanel';
import { cellLines, dayLabel, type MonthPlan, monthPlan, windowOf } from './scheduleModel';
import type { ScheduleSearch } from './scheduleSearch';

function useFace(plan: MonthPlan, today: string): (date: string) => DayFace {
  const { prefs } = usePrefs();
  return useCallback(
    (date) => {
      const day = plan.days.get(date);
      if (!day) return { label: date, signs: { 'data-unknown': 'true' } };
      return {
        label: dayLabel(prefs.lang, day),
        signs: {
          'data-closed': day.closed ? 'true' : undefined,
          'data-today': date === today ? 'true' : undefined,
        },
        content: (
          <span className="day-lines">
            {day.title && <span className="day-title">{day.title}</span>}
            {cellLines(prefs.lang, day).map((line, at) => (
              <span key={at * 1} data-kind={line.kind}>
                {line.kind === 'dropped' ? <s>{line.text}</s> : line.text}
              </span>
            ))}
          </span>
        ),
      };
    },
    [plan, today, prefs.lang],
  );
}

function MonthView({
  plan,
  month,
  chosen,
  today,
  choose,
}: {
  plan: MonthPlan;
  month: string;
  chosen: string | undefined;
  today: string;
  choose: (date: string) => void;
}) {
  const t = useT();
  const face = useFace(plan, today);
  const keys = useDayKeys(choose);
  const here = chosen && monthOf(chosen) === month ? chosen : null;
  const stop = here ?? (monthOf(today) === month ? today : `${month}-01`);
  return (
    <div className="schedule-month" role="group" aria-label={t('sched.keys')} {...keys}>
      <Month month={month} chosen={here} stop={stop} face={face} withYear />
    </div>
  );
}

function MonthBar({
  month,
  today,
  go,
}: {
  month: string;
  today: string;
  go: (search: ScheduleSearch) => void;
}) {
  const { prefs, t } = usePrefs();
  const name = (count: number) => monthName(addMonths(month, count), prefs.lang, false);
  return (
    <div className="toolbar" role="group" aria-label={t('sched.month')}>
      <Button
        size="xs"
        variant="default"
        onClick={() => go({ month: addMonths(month, -1) })}
        leftSection={<Icon name="left" size={13} />}
      >
        {name(-1)}
      </Button>
      <Button
        size="xs"
        variant="default"
        onClick={() => go({ month: addMonths(month, 1) })}
        rightSection={<Icon name="right" size={13} />}
      >
        {name(1)}
      </Button>
      <Button size="xs" variant="subtle" onClick={() => go({ day: today })}>
        {t('cal.today')}
      </Button>
    </div>
  );
}

/** `Asia/Tokyo (JST)`: the zones that the times are written in. */
function Zones({ zones }: { zones: MonthPlan['zones'] }) {
  const t = useT();
  const { zone } = useClock();
  const named = zones.map(({ name, shorts }) => `${name} (${shorts.join(', ')})`);
  return <span className="muted">{t('sched.zone', { zone: named.join(', ') || zone })}</span>;
}

function Shown({
  items,
  month,
  search,
  today,
  go,
}: {
  items: readonly ScheduleDay[];
  month: string;
  search: ScheduleSearch;
  today: string;
  go: (search: ScheduleSearch) => void;
}) {
  const { prefs, t } = usePrefs();
  const plan = useMemo(() => monthPlan(prefs.lang, items), [prefs.lang, items]);
  const choose = useCallback((day: string) => go({ day }), [go]);
  const shown = search.day ?? (monthOf(today) === month ? today : `${month}-01`);
  return (
    <div className="schedule-body">
      <div className="panel panel-body">
        <div className="schedule-head">
          <MonthBar month={month} today={today} go={go} />
          <span className="num">{t('sched.starts', { n: plan.starts })}</span>
          <span className="num">{t('sched.dropped', { n: plan.dropped })}</span>
          <span className="grow" />
          <Zones zones={plan.zones} />
        </div>
        <MonthView plan={plan} month={month} chosen={search.day} today={today} choose={choose} />
      </div>
      <aside className="panel panel-body schedule-day" aria-label={t('cal.day')}>
        <ScheduleDayPanel
          day={plan.days.get(shown)}
          date={shown}
          severalZones={plan.zones.length > 1}
        />
      </aside>
    </div>
  );
}

/** When the workflow starts, when it does not, and why. */
export function Schedule({ workflow }: { workflow: string }) {
  const t = useT();
  const search = useSearch({ from: '/workflows/$workflow/$tab' });
  const navigate = useNavigate({ from: '/workflows/$workflow/$tab' });
  const { zone, now } = useClock();
  const today = localTime(now(), zone).date;
  const month = search.month ?? monthOf(today);
  const { from, until } = windowOf(month);
  const query = useQuery({
    ...queries.schedule(workflow, from, until),
    placeholderData: keepPreviousData,
  });
  const again = useThrottled(() => void query.refetch(), 2000);
  useLive(null, (message) => {
    const ours =
      message.kind === 'resync' ||
      (message.event.kind.startsWith('run.') && message.event.workflow === workflow);
    if (ours) again();
  });
  const go = useCallback(
    (next: ScheduleSearch) =>
      void navigate({
        search: { month: next.day ? undefined : next.month, day: next.day },
        replace: true,
      }),
    [navigate],
  );
  return (
    <div className="schedule scroll" role="region" aria-label={t('wf.schedule')}>
      <QueryView query={query} rows={12}>
        {(schedule) => (
          <Shown items={schedule.items} month={month} search={search} today={today} go={go} />
        )}
      </QueryView>
      <NextStarts workflow={workflow} />
    </div>
  );
}
