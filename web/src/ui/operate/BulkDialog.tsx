import { Button, Modal, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { newKey } from '@/api/client';
import type { BulkResult } from '@/api/types';
import { ShapeGlyph, StateText } from '../Glyph';
import { useActionsOff } from '../live';
import { usePrefs, useT } from '../prefs';
import { ErrorView, Loading, useErrorPage } from '../View';
import { type BulkAction, bulk, bulkBody, bulkCommand, type Chosen } from './bulkModel';
import { CommandBox } from './CommandBox';
import { curlOf, isDangerous, needsReason, type OperationName } from './operations';

function verbOf(action: BulkAction): OperationName | 'rerun' {
  return action.slice(action.indexOf('.') + 1) as OperationName | 'rerun';
}

/** Why one was refused: in the words of the reader, and in those of the server. */
function Refused({ problem }: { problem: NonNullable<BulkResult['items'][number]['problem']> }) {
  const { prefs } = usePrefs();
  const page = useErrorPage(problem.code);
  const said = problem.detail ?? problem.title;
  return (
    <span title={said}>
      {prefs.lang === 'ja' && page ? page : said} <code>{problem.code}</code>
    </span>
  );
}

function Results({ result }: { result: BulkResult }) {
  const t = useT();
  return (
    <>
      <p className="num" role="status">
        {t('bulk.result', { ok: result.succeeded, bad: result.failed })}
      </p>
      <ul className="bulk-results">
        {result.items.map((item) => (
          <li key={item.target} data-ok={item.ok}>
            <ShapeGlyph shape={item.ok ? 'succeeded' : 'failed'} /> <b>{item.target}</b>{' '}
            {item.ok ? (
              item.state ? (
                <StateText state={item.state} />
              ) : (
                t(result.dry_run ? 'bulk.would' : 'bulk.ok')
              )
            ) : (
              item.problem && <Refused problem={item.problem} />
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** One operation on many runs: first which it would hit and which it would not, then what came of it. */
export function BulkDialog({
  action,
  chosen,
  onClose,
}: {
  action: BulkAction;
  chosen: Chosen;
  onClose: () => void;
}) {
  const t = useT();
  const client = useQueryClient();
  const off = useActionsOff();
  const [reason, setReason] = useState('');
  const [key] = useState(newKey);
  const verb = verbOf(action);
  const what = t(verb === 'rerun' ? 'bulk.rerun' : `op.${verb}`);
  const needed = verb !== 'rerun' && needsReason(verb);
  const missing = needed && reason.trim() === '';

  const preview = useQuery({
    queryKey: ['preview', 'bulk', action, chosen],
    queryFn: () => bulk(action, chosen, { dry_run: true }),
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
  const act = useMutation({
    mutationFn: () =>
      bulk(
        action,
        chosen,
        {
          ...(preview.data?.plan_id ? { plan_id: preview.data.plan_id } : {}),
          ...(reason.trim() ? { reason: reason.trim() } : {}),
        },
        key,
      ),
    onSuccess: () => {
      for (const queryKey of [
        ['run'],
        ['runs'],
        ['why'],
        ['workflows'],
        ['workflow'],
        ['differences'],
      ])
        void client.invalidateQueries({ queryKey });
    },
  });
  const shown = act.data ?? preview.data;

  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('bulk.title', {
        what,
        n: shown?.matched ?? ('names' in chosen ? chosen.names.length : 0),
      })}
      closeButtonProps={{ 'aria-label': t('view.close') }}
    >
      <form
        className="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          if (preview.data && !missing && !off) act.mutate();
        }}
      >
        {shown ? (
          <Results result={shown} />
        ) : preview.error ? (
          <ErrorView error={preview.error} />
        ) : (
          <Loading rows={4} />
        )}
        {act.error && <ErrorView error={act.error} />}
        {!act.data && (
          <Textarea
            label={t('op.reason')}
            description={t('op.reason_hint')}
            withAsterisk={needed}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            maxLength={1000}
            autosize
            minRows={2}
            data-autofocus
          />
        )}
        <footer>
          <CommandBox
            command={bulkCommand(action, chosen, reason.trim())}
            curl={curlOf(
              'POST',
              '/api/v1/bulk',
              { ...bulkBody(action, chosen), reason },
              location.origin,
            )}
          />
          <span className="grow" />
          <Button variant="default" onClick={onClose}>
            {t(act.data ? 'view.close' : 'view.cancel')}
          </Button>
          {!act.data && (
            <Button
              type="submit"
              color={verb !== 'rerun' && isDangerous(verb) ? 'red.8' : undefined}
              loading={act.isPending}
              disabled={!preview.data || preview.data.succeeded === 0 || missing || off}
            >
              {what} ({preview.data?.succeeded ?? 0})
            </Button>
          )}
        </footer>
      </form>
    </Modal>
  );
}
