import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '@/api/queries';
import type { WorkflowDetail } from '@/api/types';
import { Flow } from '@/ui/flow/Flow';
import { useT } from '@/ui/prefs';
import { Empty, QueryView } from '@/ui/View';

export function WorkflowFlow({ detail }: { detail: WorkflowDetail }) {
  const t = useT();
  const [active, setActive] = useState<string | null>(null);
  const query = useQuery(queries.workflowGraph(detail.workflow, detail.revision));
  return (
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
  );
}
