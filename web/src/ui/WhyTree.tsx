import type { Why } from '@/api/types';
import { useClock, useZoneShort } from './clock';
import { Glyph } from './Glyph';
import { usePrefs, useT } from './prefs';
import { type WhyNode, whyNodes } from './whyModel';

function Branch({
  nodes,
  onJob,
}: {
  nodes: WhyNode[];
  onJob?: ((job: string) => void) | undefined;
}) {
  return (
    <ul className="why">
      {nodes.map((node, index) => (
        <li key={`${node.code}-${node.job ?? index * 1}`} data-ok={String(node.ok)}>
          <Glyph state={node.ok === null ? 'wait_time' : node.ok ? 'succeeded' : 'failed'} />
          {node.label && <span className="why-label">{node.label}</span>}
          <span className="why-text">
            {node.sentence}
            {node.job && onJob && (
              <button type="button" className="link-button" onClick={() => onJob(node.job!)}>
                {node.job}
              </button>
            )}
          </span>
          {node.children.length > 0 && <Branch nodes={node.children} onJob={onJob} />}
        </li>
      ))}
    </ul>
  );
}

/** The condition tree of a run or job, in the language of the reader. */
export function WhyTree({
  reasons,
  onJob,
}: {
  reasons: readonly Why[];
  onJob?: (job: string) => void;
}) {
  const { prefs } = usePrefs();
  const t = useT();
  const { zone } = useClock();
  const shortZone = useZoneShort();
  const nodes = whyNodes({ lang: prefs.lang, zone, shortZone }, reasons);
  if (nodes.length === 0) return <p className="muted">{t('why.nothing')}</p>;
  return <Branch nodes={nodes} onJob={onJob} />;
}
