import type { BusinessDate, BusinessDateDetail } from '@/api/types';
import { type Lang, translator } from '@/i18n';
import { isDay } from '@/lib/day';
import { instantText, zoneShort } from '@/lib/time';

/** Which way a business date is moved by hand. */
export type Direction = 'advance' | 'back';

export type Move = { to: string } | { step: 'next' | 'back' };

/** What the server is asked for: a step, or the date that was typed; null while that is no date. */
export function moveOf(direction: Direction, byStep: boolean, typed: string): Move | null {
  if (byStep) return { step: direction === 'advance' ? 'next' : 'back' };
  return isDay(typed) ? { to: typed } : null;
}

/** The date one step away, or null when there is none. */
export function stepTarget(direction: Direction, date: BusinessDateDetail): string | null {
  return direction === 'advance' ? (date.next?.date ?? null) : date.previous;
}

/** When it moves next by itself: the clock time in the zone of the page, and what it waits for. */
export function howText(lang: Lang, date: BusinessDate, zone: string): string {
  const t = translator(lang);
  const { next } = date;
  if (!next) return t('bd.no_next');
  const at = next.at
    ? `${instantText(next.at, zone).slice(0, 16)} ${zoneShort(zone, Date.parse(next.at))}`
    : '';
  return t(`bd.how_${next.how}`, { at });
}
