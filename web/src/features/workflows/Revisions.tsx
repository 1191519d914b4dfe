import { Button, Modal, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { api, newKey } from '@/api/client';
import { queries } from '@/api/queries';
import type { Revision, WorkflowDetail } from '@/api/types';
import { shellWord } from '@/lib/text';
import { instantText } from '@/lib/time';
import { Instant, useClock, useZoneShort } from '@/ui/clock';
import { onlyWide, textColumn } from '@/ui/ListView';
import { CommandBox } from '@/ui/operate/CommandBox';
import { curlOf } from '@/ui/operate/operations';
import { useT } from '@/ui/prefs';
import { useMay } from '@/ui/session';
import { type Column, Table } from '@/ui/Table';
import { ErrorView, QueryView } from '@/ui/View';
import { RevisionDiff } from './RevisionDiff';

function RollbackDialog({
  workflow,
  revision,
  onClose,
}: {
  workflow: string;
  revision: number;
  onClose: () => void;
}) {
  const t = useT();
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const [key] = useState(newKey);
  const newest = useQuery(queries.workflow(workflow));
  const path = { workflow };
  const act = useMutation({
    mutationFn: () =>
      api.post('/api/v1/workflows/{workflow}:rollback', {
        path,
        body: { revision, ...(reason.trim() ? { reason: reason.trim() } : {}) },
        key,
      }),
    onSuccess: () => {
      notifications.show({
        message: t('op.done', { what: t('op.rollback'), target: workflow }),
        color: 'teal',
      });
      void client.invalidateQueries({ queryKey: ['workflow', workflow] });
      void client.invalidateQueries({ queryKey: ['workflows'] });
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={t('wf.rollback', { n: revision })}
      closeButtonProps={{ 'aria-label': t('view.close') }}
    >
      <form
        className="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          act.mutate();
        }}
      >
        <h3>{t('op.will')}</h3>
        {newest.data && (
          <RevisionDiff workflow={workflow} from={newest.data.revision} to={revision} />
        )}
        <Textarea
          label={t('op.reason')}
          description={t('op.reason_hint')}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          autosize
          minRows={2}
          data-autofocus
        />
        {act.error && <ErrorView error={act.error} />}
        <footer>
          <CommandBox
            command={`dandori rollback ${shellWord(workflow)} ${revision}`}
            curl={curlOf(
              'POST',
              `/api/v1/workflows/${encodeURIComponent(workflow)}:rollback`,
              { revision, reason },
              location.origin,
            )}
          />
          <span className="grow" />
          <Button variant="default" onClick={onClose}>
            {t('view.cancel')}
          </Button>
          <Button type="submit" loading={act.isPending}>
            {t('op.rollback')}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}

export function Revisions({ detail }: { detail: WorkflowDetail }) {
  const t = useT();
  const navigate = useNavigate();
  const { zone } = useClock();
  const short = useZoneShort();
  const mayEdit = useMay('edit');
  const [active, setActive] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [back, setBack] = useState<number | null>(null);
  const query = useQuery(queries.revisions(detail.workflow));
  const columns = useMemo(
    (): Column<Revision>[] => [
      textColumn(
        'revision',
        t('col.revision'),
        '110px',
        (row) => String(row.revision),
        (row) => (
          <span className="num">
            <b>{row.revision}</b>{' '}
            {row.revision === detail.revision && <span className="flag">{t('wf.newest')}</span>}
          </span>
        ),
      ),
      textColumn(
        'at',
        t('col.applied', { zone: short }),
        '165px',
        (row) => instantText(row.applied_at, zone),
        (row) => <Instant at={row.applied_at} />,
      ),
      ...onlyWide<Revision>(
        textColumn('by', t('col.by'), '140px', (row) => row.applied_by),
        textColumn('reason', t('col.reason'), 'minmax(160px, 1fr)', (row) => row.reason ?? ''),
        textColumn(
          'digest',
          t('col.digest'),
          '130px',
          (row) => row.digest,
          (row) => <code>{row.digest.slice(0, 12)}</code>,
        ),
      ),
      {
        key: 'back',
        head: '',
        width: '150px',
        cell: (row) =>
          mayEdit && row.revision !== detail.revision ? (
            <button type="button" className="link-button" onClick={() => setBack(row.revision)}>
              {t('wf.rollback', { n: row.revision })}
            </button>
          ) : null,
        text: () => '',
      },
    ],
    [t, zone, short, detail.revision, mayEdit],
  );
  const compare = (from: number, to: number) =>
    void navigate({
      to: '/workflows/$workflow/revisions/$range',
      params: { workflow: detail.workflow, range: `${from}...${to}` },
    });
  const pair = [...chosen].map(Number).sort((a, b) => a - b);

  return (
    <>
      <div className="toolbar">
        <Button size="xs" disabled={pair.length !== 2} onClick={() => compare(pair[0]!, pair[1]!)}>
          {t('wf.compare')} {pair.length === 2 && `${pair[0]} → ${pair[1]}`}
        </Button>
        {pair.length !== 2 && <span className="muted">{t('wf.compare_hint')}</span>}
      </div>
      <QueryView query={query}>
        {(list) => (
          <Table
            label={t('wf.revisions')}
            rows={list.items.toSorted((a, b) => b.revision - a.revision)}
            columns={columns}
            idOf={(row) => String(row.revision)}
            active={active}
            onActive={setActive}
            onOpen={(row) => row.revision > 1 && compare(row.revision - 1, row.revision)}
            selection={{ ids: chosen, change: setChosen }}
          />
        )}
      </QueryView>
      {back !== null && (
        <RollbackDialog workflow={detail.workflow} revision={back} onClose={() => setBack(null)} />
      )}
    </>
  );
}
