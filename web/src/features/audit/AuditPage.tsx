import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { queries } from '@/api/queries';
import type { AuditLine } from '@/api/types';
import { instantText } from '@/lib/time';
import { Instant, useClock, useZoneShort } from '@/ui/clock';
import {
  ClearFilters,
  EmptyFiltered,
  ListView,
  numberColumn,
  onlyWide,
  TextFilter,
  textColumn,
  useRows,
} from '@/ui/ListView';
import { useLive, useThrottled } from '@/ui/live';
import { usePrefs, useT } from '@/ui/prefs';
import type { Column } from '@/ui/Table';
import { Empty } from '@/ui/View';

const FIELDS = ['actor', 'action', 'target'] as const;

function useColumns(): Column<AuditLine>[] {
  const { t } = usePrefs();
  const { zone } = useClock();
  const short = useZoneShort();
  return useMemo(
    () => [
      ...onlyWide<AuditLine>(numberColumn('seq', '#', '52px', (line) => String(line.seq))),
      textColumn(
        'at',
        t('col.at', { zone: short }),
        '152px',
        (line) => instantText(line.at, zone),
        (line) => <Instant at={line.at} />,
      ),
      ...onlyWide<AuditLine>(
        textColumn('actor', t('col.actor'), '110px', (line) => line.actor.name),
      ),
      textColumn(
        'action',
        t('col.action'),
        'minmax(104px, 136px)',
        (line) => line.action,
        (line) => <code>{line.action}</code>,
      ),
      textColumn('target', t('col.target'), 'minmax(120px, 1fr)', (line) => line.target),
      ...onlyWide<AuditLine>(
        textColumn('reason', t('col.reason'), 'minmax(140px, 1fr)', (line) => line.actor.reason),
        textColumn(
          'from',
          t('col.from'),
          '70px',
          (line) => line.actor.channel,
          (line) => <span title={line.actor.address}>{line.actor.channel}</span>,
        ),
      ),
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
  const rows = useRows(query);
  const change = useCallback(
    (some: typeof search) =>
      void navigate({ search: (old: typeof search) => ({ ...old, ...some }), replace: true }),
    [navigate],
  );
  const filtered = Object.keys(filter).length > 0;
  const clear = () => change({ actor: undefined, action: undefined, target: undefined });

  return (
    <section className="page" aria-labelledby="audit-title">
      <div className="page-head">
        <h1 id="audit-title">{t('audit.title')}</h1>
        <div className="toolbar" role="search">
          {FIELDS.map((field) => (
            <TextFilter
              key={field}
              label={t(`audit.${field}`)}
              value={search[field]}
              change={(value) => change({ [field]: value })}
            />
          ))}
          {filtered && <ClearFilters plain clear={clear} />}
        </div>
      </div>
      <div className="run-body">
        <ListView
          query={query}
          empty={
            filtered ? (
              <EmptyFiltered title={t('audit.empty_filtered')} clear={clear} />
            ) : (
              <Empty title={t('audit.empty')} />
            )
          }
          label={t('audit.title')}
          rows={rows}
          columns={columns}
          idOf={(line) => String(line.seq)}
          active={search.sel ?? null}
          onActive={(sel) => change({ sel })}
        />
        <Detail line={rows.find((line) => String(line.seq) === search.sel)} />
      </div>
    </section>
  );
}
