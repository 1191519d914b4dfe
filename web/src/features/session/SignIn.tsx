import { Button, PasswordInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, Problem, setCsrf } from '@/api/client';
import { DisplayMenu } from '@/ui/DisplayMenu';
import { useT } from '@/ui/prefs';
import { ProblemText } from '@/ui/View';

export function SignIn({ expired }: { expired: boolean }) {
  const t = useT();
  const client = useQueryClient();
  const [token, setToken] = useState('');
  const signIn = useMutation({
    mutationFn: () => api.post('/api/v1/session', { body: { token: token.trim() } }),
    onSuccess: (session) => {
      setCsrf(session.csrf ?? '');
      // The gate watches the session's query, so that one stays; what another person saw goes.
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
      client.setQueryData(['session'], session);
    },
  });
  const wrong = signIn.error instanceof Problem && signIn.error.status === 401;

  function submit(event: FormEvent) {
    event.preventDefault();
    signIn.mutate();
  }

  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>
          <span className="brand-mark" aria-hidden="true" />
          dandori
        </h1>
        {expired && (
          <p className="note" role="status">
            {t('app.expired')}
          </p>
        )}
        <PasswordInput
          label={t('app.token')}
          description={t('app.token_hint')}
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={wrong ? t('app.wrong_token') : undefined}
          visibilityToggleButtonProps={{ 'aria-label': t('app.show_token') }}
          autoComplete="current-password"
          data-autofocus
          autoFocus
          required
        />
        {signIn.error instanceof Problem && !wrong && (
          <div role="alert" className="view-error">
            <ProblemText problem={signIn.error} />
          </div>
        )}
        <Button type="submit" fullWidth loading={signIn.isPending} disabled={token.trim() === ''}>
          {t('app.sign_in')}
        </Button>
      </form>
      <DisplayMenu />
    </main>
  );
}
