import { useQuery, useQueryClient } from '@tanstack/react-query';
import { patchRunDetail } from '@/api/patch';
import { queries } from '@/api/queries';
import { useLive, useThrottled } from '@/ui/live';

const SMALL = 200; // jobs; a larger run is read again less often

/** The run as it is: lines of the journal at once, a snapshot soon after for what they do not say. */
export function useLiveRun(name: string) {
  const client = useQueryClient();
  const options = queries.run(name);
  const query = useQuery(options);
  const id = query.data?.id;
  const size = query.data?.jobs.length ?? 0;
  const refresh = useThrottled(
    () => {
      void client.invalidateQueries({ queryKey: options.queryKey });
      void client.invalidateQueries({ queryKey: ['why', name] });
    },
    size <= SMALL ? 800 : 3000,
  );
  useLive(id ? `run:${id}` : null, (message) => {
    if (message.kind === 'resync') return refresh();
    if (message.event.run !== id) return;
    client.setQueryData(options.queryKey, (old) =>
      old ? patchRunDetail(old, message.event) : old,
    );
    refresh();
  });
  return query;
}
