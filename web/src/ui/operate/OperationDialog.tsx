import { Button, Checkbox, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { newKey, Problem } from '@/api/client';
import { isActive } from '@/lib/states';
import { useClock } from '../clock';
import { useActionsOff } from '../live';
import { usePrefs } from '../prefs';
import { ErrorView, Loading } from '../View';
import { CommandBox } from './CommandBox';
import {
  curlOf,
  doOperation,
  type Fields,
  isDangerous,
  labelOf,
  needsReason,
  type OperationName,
  pathOf,
  previewOperation,
  type Target,
  takesUntil,
} from './operations';
import { PreviewView } from './PreviewView';
import { neededOutputs } from './previewModel';

const STATES = ['succeeded', 'warning', 'failed'] as const;

/** The fields beside the reason, as the server takes them; without what was left empty. */
function fieldsOf(
  name: OperationName,
  until: string,
  state: (typeof STATES)[number],
  leave: boolean,
  outputs: Record<string, string>,
): Fields {
  const given = Object.entries(outputs).filter(([, value]) => value !== '');
  return {
    ...(given.length > 0 ? { outputs: Object.fromEntries(given) } : {}),
    ...(until ? { until } : {}),
    ...(name === 'set_state' ? { state, ...(leave ? { leave_running: true } : {}) } : {}),
  };
}

/** One operation: what it means, what exactly it would do, why it is done, and the button. */
export function OperationDialog({
  name,
  target,
  onClose,
}: {
  name: OperationName;
  target: Target;
  onClose: () => void;
}) {
  const { t, prefs } = usePrefs();
  const { zone } = useClock();
  const client = useQueryClient();
  const off = useActionsOff();
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const [until, setUntil] = useState('');
  const [state, setState] = useState<(typeof STATES)[number]>('succeeded');
  const [leave, setLeave] = useState(false);
  const [outputs, setOutputs] = useState<Record<string, string>>({});
  const [asked, setAsked] = useState<{ name: string; readers: string[] }[]>([]);
  const [key] = useState(newKey);
  const what = t(`op.${name}`);
  const label = labelOf(target) || t('settings.server');
  const fields = fieldsOf(name, until, state, leave, outputs);

  const preview = useQuery({
    queryKey: ['preview', name, target, fields],
    queryFn: () => previewOperation(name, target, fields),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
  const action = useMutation({
    mutationFn: () =>
      doOperation(
        name,
        target,
        reason.trim() ? { ...fields, reason: reason.trim() } : fields,
        preview.data!.plan_id,
        key,
      ),
    onSuccess: () => {
      notifications.show({ message: t('op.done', { what, target: label }), color: 'teal' });
      for (const queryKey of [
        ['run'],
        ['runs'],
        ['why'],
        ['workflow'],
        ['workflows'],
        ['differences'],
        ['server'],
      ]) {
        void client.invalidateQueries({ queryKey });
      }
      onClose();
    },
    onError: (error) => {
      if (error instanceof Problem && error.code === 'plan.stale') void preview.refetch();
    },
  });
  // Once asked for, a value stays asked for: with it the warning is gone.
  const needed = preview.data ? neededOutputs(preview.data) : [];
  const fresh = needed.filter((each) => !asked.some((known) => known.name === each.name));
  if (fresh.length > 0) setAsked([...asked, ...fresh]);
  const missing = needsReason(name) && reason.trim() === '';

  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('op.title', { what, target: label })}
      closeButtonProps={{ 'aria-label': t('view.close') }}
    >
      <form
        className="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (!missing && preview.data && !off) action.mutate();
        }}
      >
        <p>
          {target.is === 'server' && (name === 'drain' || name === 'undrain')
            ? t(`op.hint.server_${name}`)
            : t(`op.hint.${name}`)}
        </p>
        {name === 'set_state' && (
          <Select
            label={t('op.new_state')}
            data={STATES.map((value) => ({ value, label: t(`state.${value}`) }))}
            value={state}
            onChange={(value) => value && setState(value as (typeof STATES)[number])}
            allowDeselect={false}
            comboboxProps={{ withinPortal: true }}
          />
        )}
        {name === 'set_state' && target.is === 'job' && isActive(target.state) && (
          <Checkbox
            label={t('op.leave_running')}
            checked={leave}
            onChange={(event) => setLeave(event.currentTarget.checked)}
          />
        )}
        {takesUntil(name) && (
          <TextInput
            label={t('op.until', { zone })}
            type="datetime-local"
            lang={prefs.lang}
            onChange={(event) => setUntil(instantOfLocal(event.currentTarget.value, zone))}
          />
        )}
        <h3>{t('op.will')}</h3>
        {preview.data && !preview.error ? (
          <div data-dimmed={preview.isPlaceholderData || undefined}>
            <PreviewView preview={preview.data} />
          </div>
        ) : preview.error ? (
          <ErrorView error={preview.error} retry={() => void preview.refetch()} />
        ) : (
          <Loading rows={3} />
        )}
        {asked.map((output) => (
          <TextInput
            key={output.name}
            label={t('op.output', { name: output.name, jobs: output.readers.join(', ') })}
            value={outputs[output.name] ?? ''}
            onChange={(event) =>
              setOutputs({ ...outputs, [output.name]: event.currentTarget.value })
            }
          />
        ))}
        <Textarea
          label={t('op.reason')}
          description={t('op.reason_hint')}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={tried && missing ? t('op.reason_missing') : undefined}
          withAsterisk={needsReason(name)}
          maxLength={1000}
          autosize
          minRows={2}
          data-autofocus
        />
        {action.error && <ErrorView error={action.error} />}
        <footer>
          {preview.data && (
            <CommandBox
              command={preview.data.command}
              curl={curlOf('POST', pathOf(name, target), { ...fields, reason }, location.origin)}
            />
          )}
          <span className="grow" />
          <Button variant="default" onClick={onClose}>
            {t('view.cancel')}
          </Button>
          <Button
            type="submit"
            color={isDangerous(name) ? 'red.8' : undefined}
            loading={action.isPending}
            disabled={!preview.data || Boolean(preview.error) || preview.isPlaceholderData || off}
          >
            {t('op.go', { what })}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}

/** `2026-11-20T10:00` on the wall in `zone`, as an instant; empty for what is no time. */
function instantOfLocal(local: string, zone: string): string {
  const asUtc = Date.parse(`${local}:00Z`);
  if (Number.isNaN(asUtc)) return '';
  const offsetAt = (ms: number) => {
    const text = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    }).format(ms);
    return Date.parse(`${text.replace(' ', 'T')}Z`) - ms;
  };
  const first = asUtc - offsetAt(asUtc);
  return new Date(asUtc - offsetAt(first)).toISOString();
}
