import { Button, CopyButton, Modal, Select, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type Schemas } from '@/api/client';
import { queries } from '@/api/queries';
import type { Token } from '@/api/types';
import { parseInstant } from '@/lib/time';
import { Instant, useNow, useZoneShort } from '@/ui/clock';
import { Icon } from '@/ui/Icon';
import { useT } from '@/ui/prefs';
import { Empty, ErrorView, QueryView } from '@/ui/View';

const ROLES = ['viewer', 'operator', 'author', 'admin'] as const;

function NewToken({ onClose }: { onClose: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Schemas['Role']>('operator');
  const [days, setDays] = useState('');
  const make = useMutation({
    mutationFn: () =>
      api.post('/api/v1/tokens', {
        body: { name: name.trim(), role, ...(days ? { expires_in: `${Number(days) * 24}h` } : {}) },
      }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['tokens'] }),
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('op.create_token')}
      closeButtonProps={{ 'aria-label': t('view.close') }}
    >
      <form
        className="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          if (!make.data) make.mutate();
        }}
      >
        {make.data ? (
          <div role="status">
            <p>{t('settings.token_made', { name: make.data.token.name })}</p>
            <p className="secret">
              <code>{make.data.secret}</code>
              <CopyButton value={make.data.secret}>
                {({ copied, copy }) => (
                  <Button size="xs" variant="default" onClick={copy}>
                    {t(copied ? 'view.copied' : 'view.copy')}
                  </Button>
                )}
              </CopyButton>
            </p>
          </div>
        ) : (
          <>
            <TextInput
              label={t('settings.token_name')}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              required
              data-autofocus
            />
            <Select
              label={t('settings.token_role')}
              data={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
              value={role}
              onChange={(value) => value && setRole(value as Schemas['Role'])}
              allowDeselect={false}
            />
            <TextInput
              label={t('settings.token_days')}
              type="number"
              min={1}
              value={days}
              onChange={(event) => setDays(event.currentTarget.value)}
            />
          </>
        )}
        {make.error && <ErrorView error={make.error} />}
        <footer>
          <span className="grow" />
          <Button variant="default" onClick={onClose}>
            {t(make.data ? 'view.close' : 'view.cancel')}
          </Button>
          {!make.data && (
            <Button type="submit" loading={make.isPending} disabled={name.trim() === ''}>
              {t('op.create_token')}
            </Button>
          )}
        </footer>
      </form>
    </Modal>
  );
}

function RevokeDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.delete('/api/v1/tokens/{token}', { path: { token: token.id } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['tokens'] });
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('op.title', { what: t('op.revoke'), target: token.name })}
      closeButtonProps={{ 'aria-label': t('view.close') }}
    >
      <div className="dialog">
        {revoke.error && <ErrorView error={revoke.error} />}
        <footer>
          <span className="grow" />
          <Button variant="default" onClick={onClose}>
            {t('view.cancel')}
          </Button>
          <Button
            color="red.8"
            loading={revoke.isPending}
            onClick={() => revoke.mutate()}
            data-autofocus
          >
            {t('op.revoke')}
          </Button>
        </footer>
      </div>
    </Modal>
  );
}

function TokenState({ token }: { token: Token }) {
  const t = useT();
  const now = useNow(false);
  const ends = parseInstant(token.expires_at);
  if (token.revoked_at) return <span className="flag bad">{t('settings.token_revoked')}</span>;
  if (ends !== null && ends <= now)
    return <span className="flag warn">{t('settings.token_expired')}</span>;
  return null;
}

/** Tokens of people and programs: made once, shown once, ended at once. */
export function Tokens() {
  const t = useT();
  const short = useZoneShort();
  const [making, setMaking] = useState(false);
  const [ending, setEnding] = useState<Token | null>(null);
  const query = useQuery(queries.tokens());
  return (
    <section className="panel panel-body settings-block" aria-labelledby="tokens-title">
      <div className="page-head">
        <h2 id="tokens-title">{t('settings.tokens')}</h2>
        <span className="grow" />
        <Button
          size="xs"
          leftSection={<Icon name="plus" size={13} />}
          onClick={() => setMaking(true)}
        >
          {t('op.create_token')}
        </Button>
      </div>
      <QueryView query={query} rows={3}>
        {(list) =>
          list.items.length === 0 ? (
            <Empty title={t('settings.no_tokens')} next={t('settings.no_tokens_next')} />
          ) : (
            <table className="plain">
              <thead>
                <tr>
                  <th scope="col">{t('col.name')}</th>
                  <th scope="col">{t('col.role')}</th>
                  <th scope="col">{t('col.created', { zone: short })}</th>
                  <th scope="col">{t('col.by')}</th>
                  <th scope="col">{t('col.expires', { zone: short })}</th>
                  <th scope="col">{t('col.last_used', { zone: short })}</th>
                  <th scope="col">{t('col.state')}</th>
                </tr>
              </thead>
              <tbody>
                {list.items.map((token) => (
                  <tr key={token.id}>
                    <th scope="row">{token.name}</th>
                    <td>{token.role}</td>
                    <td>
                      <Instant at={token.created_at} />
                    </td>
                    <td>{token.created_by}</td>
                    <td>
                      {token.expires_at ? <Instant at={token.expires_at} /> : t('settings.never')}
                    </td>
                    <td>
                      {token.last_used_at ? (
                        <Instant at={token.last_used_at} />
                      ) : (
                        t('settings.never')
                      )}
                    </td>
                    <td>
                      <TokenState token={token} />
                      {!token.revoked_at && (
                        <button
                          type="button"
                          className="link-button"
                          onClick={() => setEnding(token)}
                        >
                          {t('op.revoke')}
                        </button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </QueryView>
      {making && <NewToken onClose={() => setMaking(false)} />}
      {ending && <RevokeDialog token={ending} onClose={() => setEnding(null)} />}
    </section>
  );
}
