import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '@/api/queries';
import type { GraphNode, WorkflowDetail } from '@/api/types';
import { FlowView } from '@/ui/flow/FlowView';
import { MarkFlags } from '@/ui/MarkFlags';
import { OperationMenu } from '@/ui/operate/OperationMenu';
import { workflowJobOperations } from '@/ui/operate/operations';
import { useT } from '@/ui/prefs';
import { useMay } from '@/ui/session';
import { yamlText } from './diffModel';
import { jobOf } from './model';

/** A job as it is defined, and what was done to it by hand for every run. */
function JobDefinition({ detail, node }: { detail: WorkflowDetail; node: GraphNode }) {
  const t = useT();
  const mayOperate = useMay('operate');
  const marks = (detail.marks ?? []).filter((mark) => mark.job === node.job);
  return (
    <aside className="panel inspector" aria-label={t('run.inspector')}>
      <header className="inspector-head">
        <h2>
          {node.title || node.job} {node.title && <small className="mono">{node.job}</small>}
        </h2>
        {mayOperate && (
          <OperationMenu
            label={t('op.menu_job')}
            face={t('op.menu_workflow')}
            target={{ is: 'workflow_job', workflow: detail.workflow, job: node.job }}
            names={workflowJobOperations(marks)}
          />
        )}
      </header>
      <div className="panel-body scroll" role="region" aria-label={t('wf.definition')} tabIndex={0}>
        <MarkFlags marks={marks} />
        <p className="muted">{t('wf.every_run')}</p>
        <pre className="json">{yamlText(jobOf(detail.definition, node.job))}</pre>
      </div>
    </aside>
  );
}

export function WorkflowFlow({ detail }: { detail: WorkflowDetail }) {
  const [active, setActive] = useState<string | null>(null);
  const query = useQuery(queries.workflowGraph(detail.workflow, detail.revision));
  const node = query.data?.nodes.find((each) => each.job === active);
  return (
    <div className={node ? 'run-body' : 'page-body'}>
      <div className="panel run-main">
        <FlowView query={query} active={active} onPick={setActive} />
      </div>
      {node && <JobDefinition detail={detail} node={node} />}
    </div>
  );
}
