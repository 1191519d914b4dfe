import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { queries } from '@/api/queries';
import { Flow } from '@/ui/flow/Flow';
import { StateStore } from '@/ui/flow/states';
import { useT } from '@/ui/prefs';
import { Empty, QueryView } from '@/ui/View';
import type { JobsView } from './JobList';

/** The run on its flow: the layout is the server's, the states are the run's. */
export function RunFlow({ run, active, text, only, onPick, onOpen }: JobsView) {
  const t = useT();
  const [store] = useState(() => {
    const made = new StateStore();
    made.update(run.jobs.map((job) => [job.job, job.state] as const));
    return made;
  });
  useEffect(
    () => store.update(run.jobs.map((job) => [job.job, job.state] as const)),
    [store, run.jobs],
  );
  const query = useQuery(queries.runGraph(run.name));
  return (
    <QueryView query={query}>
      {(graph) =>
        graph.nodes.length === 0 ? (
          <Empty title={t('run.empty')} />
        ) : (
          <Flow
            graph={graph}
            label={t('run.graph_jobs', { n: graph.nodes.length })}
            store={store}
            active={active}
            text={text}
            only={only}
            onPick={onPick}
            onOpen={onOpen}
          />
        )
      }
    </QueryView>
  );
}
