import { Button, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '@/api/queries';
import type { GraphNode, WorkflowDetail } from '@/api/types';
import { Flow } from '@/ui/flow/Flow';
import { useActionsOff } from '@/ui/live';
import { MarkFlags } from '@/ui/MarkFlags';
import { useOperate } from '@/ui/operate/Operate';
import { workflowJobOperations } from '@/ui/operate/operations';
import { useT } from '@/ui/prefs';
import { useMay } from '@/ui/session';
import { Empty, QueryView } from '@/ui/View';
import { yamlText } from './diffModel';
import { jobOf } from './model';

/** A job as it is defined, and what was done to it by hand for every run. */
function JobDefinition({ detail, node }: { detail: WorkflowDetail; node: GraphNode }) {
  const t = useT();
  const open = useOperate();
  const off = useActionsOff();
  const mayOperate = useMay('operate');
  const marks = (detail.marks ?? []).filter((mark) => mark.job === node.job);
  const target = { is: 'workflow_job', workflow: detail.workflow, job: node.job } as const;
  return (
    <aside className="panel inspector" aria-label={t('run.inspector')}>
      <header className="inspector-head">
        <h2>
          {node.title || node.job} {node.title && <small className="mono">{node.job}</small>}
        </h2>
        {mayOperate && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button size="xs" variant="default" disabled={off} aria-label={t('op.menu_job')}>
                {t('op.menu_workflow')}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {workflowJobOperations(marks).map((name) => (
                <Menu.Item key={name} onClick={() => open({ is: 'operation', name, target })}>
                  {t(`op.${name}`)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
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
  const t = useT();
  const [active, setActive] = useState<string | null>(null);
  const query = useQuery(queries.workflowGraph(detail.workflow, detail.revision));
  const node = query.data?.nodes.find((each) => each.job === active);
  return (
    <div className={node ? 'run-body' : 'page-body'}>
      <div className="panel run-main">
        <QueryView query={query}>
          {(graph) =>
            graph.nodes.length === 0 ? (
              <Empty title={t('run.empty')} />
            ) : (
              <Flow
                graph={graph}
                label={t('run.graph_jobs', { n: graph.nodes.length })}
                active={active}
                onPick={setActive}
              />
            )
          }
        </QueryView>
      </div>
      {node && <JobDefinition detail={detail} node={node} />}
    </div>
  );
}
