import type { Mark } from '@/api/types';
import { Instant } from './clock';
import { useT } from './prefs';

/** The word for a mark of an operator, such as 保留. */
export function useMarkWord(): (kind: Mark['kind']) => string {
  const t = useT();
  return (kind) => t(`op.${kind}`);
}

/** What an operator did by hand and nobody has undone: what, by whom, why, until when. */
export function MarkFlags({ marks }: { marks: readonly Mark[] }) {
  const word = useMarkWord();
  const t = useT();
  if (marks.length === 0) return null;
  return (
    <ul className="mark-list">
      {marks.map((mark) => (
        <li key={mark.kind}>
          <span className="flag warn">{word(mark.kind)}</span> {mark.by} <Instant at={mark.at} />
          {mark.until && (
            <>
              {' '}
              {t('diff.until')} <Instant at={mark.until} />
            </>
          )}
          {mark.reason && <p>{mark.reason}</p>}
        </li>
      ))}
    </ul>
  );
}
