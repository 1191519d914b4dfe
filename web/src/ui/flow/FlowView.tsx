import type { UseQueryResult } from '@tanstack/react-query';
import type { Graph } from '@/api/types';
import { useT } from '../prefs';
import { Empty, QueryView } from '../View';
import { Flow, type FlowProps } from './Flow';

/** A flow that is asked for: loading, empty, error, the flow. */
export function FlowView({
  query,
  label,
  ...rest
}: Omit<FlowProps, 'graph' | 'label'> & { query: UseQueryResult<Graph>; label?: string }) {
  const t = useT();
  return (
    <QueryView query={query}>
      {(graph) =>
        graph.nodes.length === 0 ? (
          <Empty title={t('run.empty')} />
        ) : (
          <Flow
            {...rest}
            graph={graph}
            label={label ?? t('run.graph_jobs', { n: graph.nodes.length })}
          />
        )
      }
    </QueryView>
  );
}
