import { useQuery } from '@tanstack/react-query';
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { queries } from '@/api/queries';
import { dayText, instantText, localTime, zoneShort } from '@/lib/time';
import { usePrefs } from './prefs';

/** The server's clock and zone; the browser's own are never used. */
interface Clock {
  zone: string;
  version: string;
  now: () => number;
}

const Context = createContext<Clock>({ zone: 'UTC', version: '', now: Date.now });

export function ClockProvider({ children }: { children: ReactNode }) {
  const { data } = useQuery(queries.version());
  const last = useRef({ server: 0, at: 0, stands: false });
  const clock = useMemo((): Clock => {
    if (!data) return { zone: 'UTC', version: '', now: Date.now };
    const server = Date.parse(data.now);
    // A clock that says the same again is the test clock: it moves only when it is moved.
    const stands = last.current.server === server;
    last.current = { server, at: Date.now(), stands };
    const { at } = last.current;
    return {
      zone: data.timezone,
      version: data.version,
      now: () => (stands ? server : server + (Date.now() - at)),
    };
  }, [data]);
  return <Context value={clock}>{children}</Context>;
}

export function useClock(): Clock {
  return useContext(Context);
}

/** The server's time, again every second while `on`. */
export function useNow(on = true): number {
  const { now } = useClock();
  const [value, setValue] = useState(now);
  useEffect(() => {
    setValue(now());
    if (!on) return;
    const timer = setInterval(() => setValue(now()), 1000);
    return () => clearInterval(timer);
  }, [now, on]);
  return value;
}

export function useZoneShort(): string {
  const { zone, now } = useClock();
  return useMemo(() => zoneShort(zone, now()), [zone, now]);
}

/** An instant in the zone of the page; the title gives UTC and the whole name of the zone. */
export function Instant({ at, full = true }: { at: string | null | undefined; full?: boolean }) {
  const { zone } = useClock();
  if (!at) return null;
  return (
    <time
      dateTime={at}
      title={`${instantText(at, zone)} ${zone} · ${instantText(at, 'UTC')} UTC`}
      className="num"
    >
      {instantText(at, zone, full)}
    </time>
  );
}

export function HeaderClock() {
  const { zone } = useClock();
  const { prefs } = usePrefs();
  const now = useNow();
  const { date, time } = localTime(now, zone);
  return (
    <span className="clock num" title={zone}>
      <span className="clock-date">{dayText(date, prefs.lang)}</span> <b>{time}</b>{' '}
      <span>{zoneShort(zone, now)}</span>
    </span>
  );
}
