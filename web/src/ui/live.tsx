import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { type LiveMessage, type LiveState, live } from '@/api/live';
import { localTime } from '@/lib/time';
import { useClock, useZoneShort } from './clock';
import { useT } from './prefs';

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (watcher) => live.watch(watcher),
    () => live.current(),
  );
}

/** Calls `listener` for every message of the stream, with these topics asked for besides. */
export function useLive(topic: string | null, listener: (message: LiveMessage) => void): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => live.listen((message) => latest.current(message)), []);
  useEffect(() => (topic ? live.want(topic) : undefined), [topic]);
}

/** Runs `action` soon after calls of the returned function, at most every `ms`: what is shown at first
 * was read just now. */
export function useThrottled(action: () => void, ms: number): () => void {
  const latest = useRef(action);
  latest.current = action;
  const state = useRef<{ last: number; timer: ReturnType<typeof setTimeout> | null }>({
    last: Date.now(),
    timer: null,
  });
  useEffect(
    () => () => {
      if (state.current.timer) clearTimeout(state.current.timer);
    },
    [],
  );
  const [trigger] = useState(() => () => {
    const now = Date.now();
    const own = state.current;
    if (own.timer) return;
    const pace = document.hidden ? Math.max(ms, 5000) : ms; // nobody looks: slower
    const wait = Math.max(60, own.last + pace - now);
    own.timer = setTimeout(() => {
      own.timer = null;
      own.last = Date.now();
      latest.current();
    }, wait);
  });
  return trigger;
}

/** What is read anew when a journal line of this kind comes, by the first words of the keys. */
const READ_AGAIN: readonly (readonly [prefix: string, keys: readonly string[]])[] = [
  ['workflow.', ['workflows', 'workflow', 'calendar', 'business-date']],
  [
    'calendar.',
    ['calendars', 'calendar', 'workflows', 'workflow', 'business-dates', 'business-date'],
  ],
  ['business_date.', ['business-dates', 'business-date', 'server', 'workflow']],
];

/** Definitions and business dates change seldom: whatever is shown of them is read again. */
export function useDefinitionNews(): void {
  const client = useQueryClient();
  const stale = useRef(new Set<string>());
  const again = useThrottled(() => {
    for (const key of stale.current) void client.invalidateQueries({ queryKey: [key] });
    stale.current.clear();
  }, 1000);
  useLive(null, (message) => {
    const kind = message.kind === 'event' ? message.event.kind : null;
    for (const [prefix, keys] of READ_AGAIN) {
      // After a gap of the stream what the frame itself shows may be old too.
      const wanted = kind === null ? prefix === 'business_date.' : kind.startsWith(prefix);
      if (!wanted) continue;
      for (const key of keys) stale.current.add(key);
      again();
    }
  });
}

/** True when what is shown is too old to act on. */
export function useActionsOff(): boolean {
  const state = useLiveState();
  const [off, setOff] = useState(false);
  useEffect(() => {
    if (state.is !== 'lost') return setOff(false);
    const left = Math.max(0, state.since + 30_000 - Date.now());
    const timer = setTimeout(() => setOff(true), left);
    return () => clearTimeout(timer);
  }, [state]);
  return off;
}

export function LiveMark() {
  const t = useT();
  const state = useLiveState();
  const key =
    state.is === 'live' ? 'live.live' : state.is === 'lost' ? 'live.lost' : 'live.connecting';
  return (
    <span className="live-mark" data-live={state.is} role="status">
      <span className="live-dot" aria-hidden="true" />
      <span className="live-word">{t(key)}</span>
    </span>
  );
}

/** The amber bar: since when nothing has come, and what that means. */
export function StaleBar() {
  const t = useT();
  const { zone } = useClock();
  const short = useZoneShort();
  const state = useLiveState();
  const off = useActionsOff();
  const [shown, setShown] = useState(false);
  const lost = state.is === 'lost';
  useEffect(() => {
    if (!lost) return setShown(false);
    const timer = setTimeout(() => setShown(true), 1500); // a short gap is nobody's concern
    return () => clearTimeout(timer);
  }, [lost]);
  if (!shown || state.is !== 'lost') return null;
  return (
    <div className="stale-bar" role="alert">
      {t('live.stale', { at: `${localTime(state.since, zone).time} ${short}`, n: state.tries })}
      {off && ` ${t('live.actions_off')}`}
      <button type="button" onClick={() => live.retry()}>
        {t('live.retry')}
      </button>
    </div>
  );
}
