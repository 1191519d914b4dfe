import { Button, Checkbox, Modal, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, newKey } from '@/api/client';
import { queries } from '@/api/queries';
import { shellWord } from '@/lib/text';
import { useT } from '../prefs';
import { ErrorView, Loading } from '../View';
import { CommandBox } from './CommandBox';
import { curlOf } from './operations';
import { paramsOf, readParams } from './startModel';

/** Starts a run by hand, with the parameters that the definition declares. */
export function StartDialog({ workflow, onClose }: { workflow: string; onClose: () => void }) {
  const t = useT();
  const navigate = useNavigate();
  const detail = useQuery(queries.workflow(workflow));
  const [date, setDate] = useState('');
  const [force, setForce] = useState(false);
  const [values, setValues] = useState<Record<string, string>>({});
  const [key] = useState(newKey);
  const declared = detail.data ? paramsOf(detail.data.definition) : [];
  const read = readParams(declared, values);
  const body = {
    workflow,
    ...(Object.keys(read.params).length > 0 ? { params: read.params } : {}),
    ...(date ? { business_date: date } : {}),
    ...(force ? { force } : {}),
  };
  const start = useMutation({
    mutationFn: () => api.post('/api/v1/runs', { body, key }),
    onSuccess: (run) => {
      onClose();
      if ('name' in run) void navigate({ to: '/runs/$run', params: { run: run.name }, search: {} });
    },
  });
  const command = [
    'dandori run',
    shellWord(workflow),
    ...Object.entries(values).flatMap(([name, value]) =>
      value ? ['-p', shellWord(`${name}=${value}`)] : [],
    ),
    ...(date ? ['--business-date', date] : []),
    ...(force ? ['--force'] : []),
  ].join(' ');

  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('wf.start_title', { name: workflow })}
      closeButtonProps={{ 'aria-label': t('view.close') }}
    >
      <form
        className="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          if (read.problems.size === 0) start.mutate();
        }}
      >
        {detail.error && <ErrorView error={detail.error} />}
        {detail.isPending && <Loading rows={3} />}
        {declared.map((param) => (
          <TextInput
            key={param.name}
            label={param.title ? `${param.title} (${param.name})` : param.name}
            description={t(`param.${param.type}`)}
            placeholder={param.fallback && t('wf.start_default', { value: param.fallback })}
            withAsterisk={param.required}
            value={values[param.name] ?? ''}
            error={
              read.problems.has(param.name) &&
              t('param.problem', { type: t(`param.${param.type}`) })
            }
            onChange={(event) => setValues({ ...values, [param.name]: event.currentTarget.value })}
          />
        ))}
        <TextInput
          label={t('wf.start_date')}
          placeholder="2026-11-20"
          value={date}
          onChange={(event) => setDate(event.currentTarget.value)}
        />
        <Checkbox
          label={t('wf.start_force')}
          checked={force}
          onChange={(event) => setForce(event.currentTarget.checked)}
        />
        {start.error && <ErrorView error={start.error} />}
        <footer>
          <CommandBox
            command={command}
            curl={curlOf('POST', '/api/v1/runs', body, location.origin)}
          />
          <span className="grow" />
          <Button variant="default" onClick={onClose}>
            {t('view.cancel')}
          </Button>
          <Button type="submit" loading={start.isPending} disabled={!detail.data} data-autofocus>
            {t('op.start')}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
