import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { queries } from '@/api/queries';
import type { CalendarDetail, DayReason } from '@/api/types';
import { ShapeGlyph } from '@/ui/Glyph';
import { useT } from '@/ui/prefs';
import { QueryView } from '@/ui/View';
import { flowText, rulesOf } from './model';

function List({
  definition,
  decides,
}: {
  definition: Record<string, unknown>;
  decides: DayReason['rule'] | 'extends' | null;
}) {
  const t = useT();
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    // Of a long list the rule that decides; the page itself stays where it is.
    const box = list.current;
    const here = box?.querySelector<HTMLElement>('[data-decides]');
    if (!box || !here) return;
    const [top, bottom] = [here.offsetTop, here.offsetTop + here.offsetHeight];
    if (top < box.scrollTop) box.scrollTop = top;
    else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
  });
  const base = definition['extends'];
  return (
    <ol className="rules" aria-label={t('cal.rules')} ref={list} tabIndex={0}>
      {rulesOf(definition).map((rule) => (
        <li
          key={rule.number}
          data-decides={rule.number === decides || undefined}
          aria-current={rule.number === decides ? 'true' : undefined}
        >
          <span className="rule-kind">
            <ShapeGlyph shape={rule.open ? 'succeeded' : 'not_run'} size={12} />
            {t(rule.open ? 'cal.open' : 'cal.closed')}
          </span>
          <code>{rule.text}</code> {rule.title}
        </li>
      ))}
      {base !== undefined && (
        <li className="rules-end" data-decides={decides === 'extends' || undefined}>
          {t('cal.extends')} <code>{flowText(base)}</code>
        </li>
      )}
      <li className="rules-end" data-decides={decides === 'none' || undefined}>
        {t('cal.else_open')}
      </li>
    </ol>
  );
}

/** What of the list decides the day: a rule of this calendar, what it extends, or that nothing matched. */
function decidesOf(detail: CalendarDetail, reason: DayReason | undefined) {
  if (!reason) return null;
  return reason.calendar === detail.name ? reason.rule : 'extends';
}

/** The rules in order, of the revision that decides the shown day; the one that does is marked. */
export function Rules({
  detail,
  revision,
  reason,
}: {
  detail: CalendarDetail;
  revision: number;
  reason: DayReason | undefined;
}) {
  const query = useQuery({
    ...queries.calendar(detail.name, revision),
    enabled: revision !== detail.revision,
  });
  const decides = decidesOf(detail, reason);
  if (revision === detail.revision)
    return <List definition={detail.definition} decides={decides} />;
  return (
    <QueryView query={query} rows={3}>
      {(old) => <List definition={old.definition} decides={decides} />}
    </QueryView>
  );
}
