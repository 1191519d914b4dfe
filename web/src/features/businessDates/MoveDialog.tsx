import { Button, Modal, Radio, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, newKey, Problem } from '@/api/client';
import { queries } from '@/api/queries';
import type { BusinessDateDetail, Preview } from '@/api/types';
import { dayText } from '@/lib/time';
import { useActionsOff } from '@/ui/live';
import { CommandBox } from '@/ui/operate/CommandBox';
import { curlOf } from '@/ui/operate/operations';
import { PreviewView } from '@/ui/operate/PreviewView';
import { usePrefs } from '@/ui/prefs';
import { ErrorView, Loading, QueryView } from '@/ui/View';
import { type Direction, type Move, moveOf, stepTarget } from './model';

async function move(name: string, body: Move & Record<string, unknown>, key?: string) {
  return api.post('/api/v1/business-dates/{business_date}:move', {
    path: { business_date: name },
    body,
    ...(key ? { key } : {}),
  });
}

function Form({
  date,
  direction,
  onClose,
}: {
  date: BusinessDateDetail;
  direction: Direction;
  onClose: () => void;
}) {
  const { prefs, t } = usePrefs();
  const client = useQueryClient();
  const off = useActionsOff();
  const step = stepTarget(direction, date);
  const [byStep, setByStep] = useState(step !== null);
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const [key] = useState(newKey);
  const wanted = moveOf(direction, byStep, typed);
  const missing = reason.trim() === '';
  const what = t(`bd.${direction}_do`);

  const preview = useQuery({
    queryKey: ['preview', 'business-date', date.name, date.value, wanted],
    queryFn: async () => (await move(date.name, { ...wanted!, dry_run: true })) as Preview,
    enabled: wanted !== null,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
  const plan = wanted && !preview.error && !preview.isPlaceholderData ? preview.data : undefined;
  const action = useMutation({
    mutationFn: () =>
      move(date.name, { ...wanted!, reason: reason.trim(), plan_id: plan!.plan_id }, key),
    onSuccess: () => {
      notifications.show({ message: t('op.done', { what, target: date.name }), color: 'teal' });
      for (const queryKey of [
        ['business-dates'],
        ['business-date'],
        ['server'],
        ['workflow'],
        ['runs'],
      ])
        void client.invalidateQueries({ queryKey });
      onClose();
    },
    onError: (error) => {
      if (error instanceof Problem && error.code === 'plan.stale') void preview.refetch();
    },
  });
  return (
    <form
      className="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!missing && plan && !off) action.mutate();
      }}
    >
      <Radio.Group
        label={t('bd.to_which')}
        value={byStep ? 'step' : 'date'}
        onChange={(value) => setByStep(value === 'step')}
      >
        <div className="ways">
          <Radio
            value="step"
            disabled={step === null}
            label={
              step
                ? t(`bd.${direction}_step`, { date: dayText(step, prefs.lang) })
                : t('bd.no_step')
            }
          />
          <Radio value="date" label={t('bd.to_date')} />
        </div>
      </Radio.Group>
      {!byStep && (
        <TextInput
          type="date"
          lang={prefs.lang}
          label={t('bd.date')}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          min="1970-01-01"
          max="2100-12-31"
        />
      )}
      <h3>{t('op.will')}</h3>
      {wanted === null ? (
        <p className="muted">{t('bd.pick_date')}</p>
      ) : preview.error ? (
        <ErrorView error={preview.error} retry={() => void preview.refetch()} />
      ) : preview.data ? (
        <div data-dimmed={preview.isPlaceholderData || undefined}>
          <PreviewView preview={preview.data} />
        </div>
      ) : (
        <Loading rows={3} />
      )}
      <Textarea
        label={t('op.reason')}
        description={t('op.reason_hint')}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        error={tried && missing ? t('op.reason_missing') : undefined}
        withAsterisk
        maxLength={1000}
        autosize
        minRows={2}
        data-autofocus
      />
      {action.error && <ErrorView error={action.error} />}
      <footer>
        {plan && (
          <CommandBox
            command={plan.command}
            curl={curlOf(
              'POST',
              `/api/v1/business-dates/${encodeURIComponent(date.name)}:move`,
              { ...wanted, reason },
              location.origin,
            )}
          />
        )}
        <span className="grow" />
        <Button variant="default" onClick={onClose}>
          {t('view.cancel')}
        </Button>
        <Button
          type="submit"
          color={direction === 'back' ? 'red.8' : undefined}
          loading={action.isPending}
          disabled={!plan || off}
        >
          {what}
        </Button>
      </footer>
    </form>
  );
}

/** Moves a business date by hand: to which date, what that does, and why. */
export function MoveDialog({
  name,
  direction,
  onClose,
}: {
  name: string;
  direction: Direction;
  onClose: () => void;
}) {
  const { t } = usePrefs();
  const query = useQuery(queries.businessDate(name));
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('op.title', { what: t(`bd.${direction}_do`), target: name })}
      closeButtonProps={{ 'aria-label': t('view.close') }}
    >
      <QueryView query={query} rows={5}>
        {(date) => <Form date={date} direction={direction} onClose={onClose} />}
      </QueryView>
    </Modal>
  );
}
