import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { queries } from '@/api/queries';
import { FlowView } from '@/ui/flow/FlowView';
import { StateStore } from '@/ui/flow/states';
import type { JobsView } from './JobList';

/** The run on its flow: the layout is the server's, the states are the run's. */
export function RunFlow({ run, active, text, only, onPick, onOpen }: JobsView) {
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
    <FlowView
      query={query}
      store={store}
      active={active}
      text={text}
      only={only}
      onPick={onPick}
      onOpen={onOpen}
    />
  );
}
