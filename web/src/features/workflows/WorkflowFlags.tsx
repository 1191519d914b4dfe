import type { Workflow } from '@/api/types';
import { useT } from '@/ui/prefs';

/** What an operator changed by hand and nobody has undone yet. */
export function WorkflowFlags({ workflow }: { workflow: Workflow }) {
  const t = useT();
  return (
    <span className="flags">
      {workflow.disabled && <span className="flag bad">{t('wf.disabled')}</span>}
      {workflow.held && <span className="flag warn">{t('wf.held')}</span>}
      {workflow.draining && <span className="flag warn">{t('wf.draining')}</span>}
      {workflow.deleted && <span className="flag">{t('wf.deleted')}</span>}
    </span>
  );
}
