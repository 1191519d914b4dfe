import { Button, TextInput } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { queries } from '@/api/queries';
import type { AuditLine } from '@/api/types';
import { instantText } from '@/lib/time';
import { Instant, useClock, useZoneShort } from '@/ui/clock';
import { useLive, useThrottled } from '@/ui/live';
import { usePrefs, useT } from '@/ui/prefs';
import { type Column, Table } from '@/ui/Table';
import { Empty, QueryView } from '@/ui/View';

const FIELDS = ['actor', 'action', 'target'] as const;

function useColumns(): Column<AuditLine>[] {
  const { t } = usePrefs();
  const { zone } = useClock();
  const short = useZoneShort();
  return useMemo(
    () => [
      {
        key: 'seq',
        head: '#',
        width: '52px',
        numeric: true,
        cell: (line) => <span className="num">{line.seq}</span>,
        text: (line) => String(line.seq),
      },
      {
        key: 'at',
        head: t('col.at', { zone: short }),
        width: '165px',
        cell: (line) => <Instant at={line.at} />,
        text: (line) => instantText(line.at, zone),
      },
      {
        key: 'actor',
        head: t('col.actor'),
        width: '110px',
        cell: (line) => line.actor.name,
        text: (line) => line.actor.name,
      },
      {
        key: 'action',
        head: t('col.action'),
        width: '136px',
        cell: (line) => <code>{line.action}</code>,
        text: (line) => line.action,
      },
      {
        key: 'target',
        head: t('col.target'),
        width: 'minmax(170px, 1fr)',
        cell: (line) => line.target,
        text: (line) => line.target,
      },
      {
        key: 'reason',
        head: t('col.reason'),
        width: 'minmax(140px, 1fr)',
        cell: (line) => line.actor.reason,
        text: (line) => line.actor.reason,
      },
      {
        key: 'from',
        head: t('col.from'),
        width: '70px',
        cell: (line) => <span title={line.actor.address}>{line.actor.channel}</span>,
        text: (line) => line.actor.channel,
      },
    ],
    [t, zone, short],
  );
}

function Json({ value }: { value: unknown }) {
  const t = useT();
  if (value === null || value === undefined) return <p className="muted">{t('view.none')}</p>;
  return <pre className="json">{JSON.stringify(value, null, 2)}</pre>;
}

function Detail({ line }: { line: AuditLine | undefined }) {
  const t = useT();
  return (
    <aside className="panel inspector" aria-label={t('audit.title')}>
      <div className="panel-body scroll" role="region" aria-label={t('audit.after')}>
        {!line ? (
          <p className="muted">{t('audit.pick')}</p>
        ) : (
          <>
            <h2>
              <code>{line.action}</code> {line.target}
            </h2>
            <h3>{t('audit.before')}</h3>
            <Json value={line.before} />
            <h3>{t('audit.after')}</h3>
            <Json value={line.after} />
            <dl className="facts">
              <dt>{t('col.reason')}</dt>
              <dd>{line.actor.reason || t('view.none')}</dd>
              <dt>{t('col.from')}</dt>
              <dd>
                {line.actor.channel} {line.actor.address}
              </dd>
              <dt>{t('audit.request')}</dt>
              <dd className="mono">{line.actor.request_id}</dd>
              <dt>{t('audit.hash')}</dt>
              <dd className="mono">{line.hash}</dd>
            </dl>
          </>
        )}
      </div>
    </aside>
  );
}

/** Who did what, when, from where, and what changed; newest first. */
export function AuditPage() {
  const t = useT();
  const search = useSearch({ from: '/audit' });
  const navigate = useNavigate({ from: '/audit' });
  const client = useQueryClient();
  const columns = useColumns();
  const filter = {
    ...(search.actor ? { actor: search.actor } : {}),
    ...(search.action ? { action: search.action } : {}),
    ...(search.target ? { target: search.target } : {}),
  };
  const query = useInfiniteQuery({ ...queries.audit(filter), placeholderData: keepPreviousData });
  const again = useThrottled(() => void client.invalidateQueries({ queryKey: ['audit'] }), 2000);
  useLive(null, () => again());
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const change = useCallback(
    (some: typeof search) =>
      void navigate({ search: (old: typeof search) => ({ ...old, ...some }), replace: true }),
    [navigate],
  );
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const filtered = Object.keys(filter).length > 0;
  const clear = () => change({ actor: undefined, action: undefined, target: undefined });

  return (
    <section className="page" aria-labelledby="audit-title">
      <div className="page-head">
        <h1 id="audit-title">{t('audit.title')}</h1>
        <div className="toolbar" role="search">
          {FIELDS.map((field) => (
            <TextInput
              key={`${field}-${search[field] ?? ''}`}
              size="xs"
              placeholder={t(`audit.${field}`)}
              aria-label={t(`audit.${field}`)}
              defaultValue={search[field] ?? ''}
              onKeyDown={(event) => {
                if (event.key === 'Enter')
                  change({ [field]: event.currentTarget.value.trim() || undefined });
              }}
              onBlur={(event) => {
                const value = event.currentTarget.value.trim() || undefined;
                if (value !== search[field]) change({ [field]: value });
              }}
            />
          ))}
          {filtered && (
            <Button size="xs" variant="subtle" onClick={clear}>
              {t('view.clear_filters')}
            </Button>
          )}
        </div>
      </div>
      <div className="run-body">
        <QueryView query={query} rows={16}>
          {() =>
            rows.length === 0 ? (
              <Empty title={t(filtered ? 'audit.empty_filtered' : 'audit.empty')} />
            ) : (
              <Table
                label={t('audit.title')}
                rows={rows}
                columns={columns}
                idOf={(line) => String(line.seq)}
                active={search.sel ?? null}
                onActive={(sel) => change({ sel })}
                onEnd={onEnd}
              />
            )
          }
        </QueryView>
        <Detail line={rows.find((line) => String(line.seq) === search.sel)} />
      </div>
    </section>
  );
}
