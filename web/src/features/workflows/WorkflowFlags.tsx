import type { Workflow } from '@/api/types';
import { useT } from '@/ui/prefs';

const SIGNS = { disabled: 'bad', held: 'warn', draining: 'warn', deleted: '' } as const;
type Flag = keyof typeof SIGNS;

/** What an operator changed by hand and nobody has undone yet. */
export function flagsOf(workflow: Workflow): Flag[] {
  return (Object.keys(SIGNS) as Flag[]).filter((flag) => workflow[flag]);
}

export function WorkflowFlags({ workflow }: { workflow: Workflow }) {
  const t = useT();
  return (
    <span className="flags">
      {flagsOf(workflow).map((flag) => (
        <span key={flag} className={`flag ${SIGNS[flag]}`}>
          {t(`wf.${flag}`)}
        </span>
      ))}
    </span>
  );
}
