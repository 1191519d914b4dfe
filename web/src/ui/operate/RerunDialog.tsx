import { Button, Modal, MultiSelect, Radio, Select, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, newKey, Problem } from '@/api/client';
import { queries } from '@/api/queries';
import type { Preview } from '@/api/types';
import { isEnded } from '@/lib/states';
import { useActionsOff } from '../live';
import { useT } from '../prefs';
import { ErrorView, Loading } from '../View';
import { CommandBox } from './CommandBox';
import { curlOf } from './operations';
import { PreviewView } from './PreviewView';
import { canBeHeld, runsCount } from './previewModel';
import { bodyOf, WHERES, type Where } from './rerunModel';

/** Where from, what exactly happens then, and a button that says how many jobs run. */
export function RerunDialog({
  run,
  job,
  onClose,
}: {
  run: string;
  job?: string | undefined;
  onClose: () => void;
}) {
  const t = useT();
  const client = useQueryClient();
  const off = useActionsOff();
  const detail = useQuery(queries.run(run));
  const [where, setWhere] = useState<Where>(job ? 'from' : 'failed');
  const [picked, setPicked] = useState<string | null>(job ?? null);
  const [revision, setRevision] = useState<'run' | 'newest'>('run');
  const [holds, setHolds] = useState<readonly string[]>([]);
  const [reason, setReason] = useState('');
  const [key] = useState(newKey);

  const jobs = detail.data?.jobs ?? [];
  const chosen =
    picked ?? jobs.find((each) => isEnded(each.state) && each.state !== 'succeeded')?.job ?? null;
  const body = bodyOf({ where, job: chosen, revision, hold: holds });
  const preview = useQuery({
    queryKey: ['preview', 'rerun', run, body],
    queryFn: async () =>
      (await api.post('/api/v1/runs/{run}:rerun', {
        path: { run },
        body: { ...body, dry_run: true },
      })) as Preview,
    placeholderData: keepPreviousData,
    enabled: detail.data !== undefined,
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
  const action = useMutation({
    mutationFn: () =>
      api.post('/api/v1/runs/{run}:rerun', {
        path: { run },
        body: {
          ...body,
          plan_id: preview.data!.plan_id,
          ...(reason.trim() ? { reason: reason.trim() } : {}),
        },
        key,
      }),
    onSuccess: () => {
      notifications.show({
        message: t('op.done', { what: t('op.rerun'), target: run }),
        color: 'teal',
      });
      for (const queryKey of [['run'], ['runs'], ['why']])
        void client.invalidateQueries({ queryKey });
      onClose();
    },
    onError: (error) => {
      if (error instanceof Problem && error.code === 'plan.stale') void preview.refetch();
    },
  });
  const good = preview.data !== undefined && !preview.error && !preview.isPlaceholderData;

  return (
    <Modal
      opened
      onClose={onClose}
      size={880}
      title={t('rerun.title', { name: run })}
      closeButtonProps={{ 'aria-label': t('view.close') }}
    >
      <form
        className="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          if (good && !off) action.mutate();
        }}
      >
        <div className="rerun">
          <div>
            <Radio.Group
              label={t('rerun.where')}
              value={where}
              onChange={(value) => setWhere(value as Where)}
            >
              {WHERES.map((value) => (
                <Radio.Card
                  key={value}
                  value={value}
                  className="rerun-card"
                  data-autofocus={value === where || undefined}
                >
                  <Radio.Indicator />
                  <span>
                    <b>{t(`rerun.${value}`)}</b>
                    <small>{t(`rerun.${value}_hint`)}</small>
                  </span>
                </Radio.Card>
              ))}
            </Radio.Group>
            {(where === 'from' || where === 'only') && (
              <Select
                label={t('rerun.job')}
                searchable
                data={jobs.map((each) => ({
                  value: each.job,
                  label: each.title ? `${each.job}  ${each.title}` : each.job,
                }))}
                value={chosen}
                onChange={setPicked}
                allowDeselect={false}
              />
            )}
            <dl className="facts">
              <dt>{t('rerun.definition')}</dt>
              <dd>
                <Radio.Group
                  value={revision}
                  onChange={(value) => setRevision(value as 'run' | 'newest')}
                  aria-label={t('rerun.definition')}
                >
                  <Radio
                    size="xs"
                    value="run"
                    label={t('rerun.definition_run', { n: detail.data?.revision ?? 0 })}
                  />
                  <Radio size="xs" value="newest" label={t('rerun.definition_newest')} />
                </Radio.Group>
              </dd>
              <dt>{t('run.business_date')}</dt>
              <dd>
                {detail.data?.business_date} {t('rerun.date_fixed')}
              </dd>
              <dt>{t('run.params')}</dt>
              <dd>{t('rerun.params_fixed')}</dd>
            </dl>
          </div>
          <div>
            <h3>{t('rerun.what')}</h3>
            {preview.error ? (
              <ErrorView error={preview.error} retry={() => void preview.refetch()} />
            ) : preview.data ? (
              <div data-dimmed={preview.isPlaceholderData || undefined}>
                <PreviewView preview={preview.data} />
              </div>
            ) : (
              <Loading rows={4} />
            )}
            <MultiSelect
              label={t('rerun.hold')}
              data={[...new Set([...(preview.data ? canBeHeld(preview.data) : []), ...holds])]}
              value={[...holds]}
              onChange={setHolds}
              searchable
              clearable
            />
            <Textarea
              label={t('op.reason')}
              description={t('op.reason_hint')}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              maxLength={1000}
              autosize
              minRows={1}
            />
            {action.error && <ErrorView error={action.error} />}
          </div>
        </div>
        <footer>
          {preview.data && (
            <CommandBox
              command={preview.data.command}
              curl={curlOf(
                'POST',
                `/api/v1/runs/${encodeURIComponent(run)}:rerun`,
                { ...body, reason },
                location.origin,
              )}
            />
          )}
          <span className="grow" />
          <Button variant="default" onClick={onClose}>
            {t('view.cancel')}
          </Button>
          <Button type="submit" loading={action.isPending} disabled={!good || off}>
            {t('rerun.go', { n: preview.data ? runsCount(preview.data) : 0 })}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
