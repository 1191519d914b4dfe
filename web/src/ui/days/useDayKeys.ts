import { type FocusEvent, type KeyboardEvent, type MouseEvent, useEffect, useRef } from 'react';
import { dayByKey } from '@/lib/day';

function dateIn(target: EventTarget): string | null {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-date]') : null;
  return element?.dataset['date'] ?? null;
}

/** What a box with days in it does with keys, clicks and the pointer; the keys lead on from the day with
 * the focus, also to days that are drawn only then. */
export function useDayKeys(choose: (date: string) => void, point?: (date: string | null) => void) {
  const box = useRef<HTMLDivElement>(null);
  const wanted = useRef<string | null>(null);
  useEffect(() => {
    // After each drawing: the day that a key led to may come with the data of another year.
    const date = wanted.current;
    const day = date && box.current?.querySelector<HTMLElement>(`[data-date="${date}"]`);
    if (!day) return;
    wanted.current = null;
    day.focus();
  });
  return {
    ref: box,
    onKeyDown(event: KeyboardEvent) {
      const from = dateIn(event.target);
      const date = from && dayByKey(event.key, from);
      if (!date || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      wanted.current = date;
      choose(date);
    },
    onClick(event: MouseEvent) {
      const date = dateIn(event.target);
      if (date) choose(date);
    },
    onMouseOver(event: MouseEvent) {
      point?.(dateIn(event.target));
    },
    onMouseLeave() {
      point?.(null);
    },
    onFocus(event: FocusEvent) {
      if (dateIn(event.target)) point?.(null);
    },
  };
}
