import { useQueryClient } from '@tanstack/react-query';
import { useLive, useThrottled } from '@/ui/live';

const BEGINS_OR_ENDS: ReadonlySet<string> = new Set(['run.created', 'run.ended', 'run.reopened']);

/** Runs that begin and end change what is unfinished, and what a date waits for. */
export function useRunNews(): void {
  const client = useQueryClient();
  const again = useThrottled(() => {
    void client.invalidateQueries({ queryKey: ['business-date'] });
    void client.invalidateQueries({ queryKey: ['business-dates'] });
  }, 2000);
  useLive(null, (message) => {
    if (message.kind === 'resync' || BEGINS_OR_ENDS.has(message.event.kind)) again();
  });
}
