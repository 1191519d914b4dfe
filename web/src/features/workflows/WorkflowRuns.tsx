import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { queries } from '@/api/queries';
import { useLive, useThrottled } from '@/ui/live';
import { useT } from '@/ui/prefs';
import { useRunColumns } from '@/ui/runColumns';
import { Table } from '@/ui/Table';
import { Empty, QueryView } from '@/ui/View';

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
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <QueryView query={query}>
      {() =>
        runs.length === 0 ? (
          <Empty title={t('runs.empty')} next={t('runs.empty_next')} />
        ) : (
          <Table
            label={t('runs.title')}
            rows={runs}
            columns={columns}
            idOf={(run) => run.id}
            active={active}
            onActive={setActive}
            onOpen={(run) =>
              void navigate({ to: '/runs/$run', params: { run: run.name }, search: {} })
            }
            onEnd={onEnd}
          />
        )
      }
    </QueryView>
  );
}
