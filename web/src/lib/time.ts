/** Instants are RFC 3339 text in UTC; a zone is always named by whoever shows them. */

const parts = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  let found = parts.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    parts.set(zone, found);
  }
  return found;
}

export interface LocalTime {
  date: string; // 2026-11-20
  time: string; // 03:41:55
}

export function localTime(ms: number, zone: string): LocalTime {
  const read: Record<string, string> = {};
  for (const part of formatter(zone).formatToParts(ms)) read[part.type] = part.value;
  return {
    date: `${read.year}-${read.month}-${read.day}`,
    time: `${read.hour}:${read.minute}:${read.second}`,
  };
}

export function parseInstant(text: string | null | undefined): number | null {
  if (!text) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

/** `11-20 03:41:55`, or the whole date when `full`. */
export function instantText(text: string | null | undefined, zone: string, full = true): string {
  const ms = parseInstant(text);
  if (ms === null) return '';
  const { date, time } = localTime(ms, zone);
  return `${full ? date : date.slice(5)} ${time}`;
}

/** `JST`, or `GMT+2`: short, for beside a time; the whole name belongs in a title. */
export function zoneShort(zone: string, ms: number): string {
  if (zone === 'UTC' || zone === 'Etc/UTC') return 'UTC';
  const locale = zone === 'Asia/Tokyo' ? 'ja-JP' : 'en-US';
  const found = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' })
    .formatToParts(ms)
    .find((part) => part.type === 'timeZoneName');
  return found?.value ?? zone;
}

/** `2026-11-20 (金)` */
export function dayText(date: string, lang: string): string {
  const ms = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(ms)) return date;
  const weekday = new Intl.DateTimeFormat(lang, { timeZone: 'UTC', weekday: 'short' }).format(ms);
  return `${date} (${weekday})`;
}

/** `0.4s`, `12s`, `5:42`, `5:42:10`, `3d 02:00`. */
export function durationText(ms: number): string {
  if (ms < 0) return `-${durationText(-ms)}`;
  if (ms < 9_950) return `${(Math.round(ms / 100) / 10).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const two = (n: number) => String(n).padStart(2, '0');
  const [s, m, h, d] = [
    seconds % 60,
    Math.floor(seconds / 60) % 60,
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 86_400),
  ];
  if (d > 0) return `${d}d ${two(h)}:${two(m)}`;
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export interface Span {
  started_at: string | null;
  ended_at: string | null;
}

/** Time taken in ms as of `now`; null before it starts. */
export function elapsedMs(span: Span, now: number): number | null {
  const begin = parseInstant(span.started_at);
  if (begin === null) return null;
  return Math.max(0, (parseInstant(span.ended_at) ?? now) - begin);
}

/** Round steps for a time axis: the smallest that gives at most `most` marks over `span` ms. */
export function axisStep(span: number, most: number): number {
  const steps = [
    100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
    900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
  ];
  return (
    steps.find((step) => span / step <= most) ?? 86_400_000 * Math.ceil(span / 86_400_000 / most)
  );
}
