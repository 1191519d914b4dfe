import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { queries } from '@/api/queries';
import { ListView, useRows } from '@/ui/ListView';
import { useLive, useThrottled } from '@/ui/live';
import { useT } from '@/ui/prefs';
import { useRunColumns } from '@/ui/runColumns';
import { Empty } from '@/ui/View';

export function WorkflowRuns({ workflow }: { workflow: string }) {
  const t = useT();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [active, setActive] = useState<string | null>(null);
  const columns = useRunColumns(false);
  const query = useInfiniteQuery(queries.runs({ workflow }));
  const again = useThrottled(
    () => void client.invalidateQueries({ queryKey: ['runs', { workflow }] }),
    2000,
  );
  useLive(null, (message) => {
    if (message.kind === 'resync' || message.event.kind.startsWith('run.')) again();
  });
  return (
    <ListView
      query={query}
      empty={<Empty title={t('runs.empty')} next={t('runs.empty_next')} />}
      label={t('runs.title')}
      rows={useRows(query)}
      columns={columns}
      idOf={(run) => run.id}
      active={active}
      onActive={setActive}
      onOpen={(run) => void navigate({ to: '/runs/$run', params: { run: run.name }, search: {} })}
    />
  );
}
