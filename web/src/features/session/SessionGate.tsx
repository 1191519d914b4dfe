import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { onSignedOut, Problem, setCsrf } from '@/api/client';
import { live } from '@/api/live';
import { queries } from '@/api/queries';
import { SessionProvider } from '@/ui/session';
import { ErrorView, Loading } from '@/ui/View';
import { SignIn } from './SignIn';

/** Shows the pages to whoever is signed in, and the sign-in to everybody else. */
export function SessionGate({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const session = useQuery(queries.session());
  const [expired, setExpired] = useState(false);

  useEffect(() => {
    onSignedOut(() => {
      setExpired(true);
      live.stop();
      setCsrf('');
      void client.resetQueries({ queryKey: ['session'] });
    });
  }, [client]);

  const signedIn = session.data !== undefined && !session.error;
  useEffect(() => {
    if (!signedIn) return;
    setExpired(false);
    setCsrf(session.data.csrf ?? '');
    live.start();
    return () => live.stop();
  }, [signedIn, session.data]);

  if (signedIn) {
    return <SessionProvider value={session.data}>{children}</SessionProvider>;
  }
  if (session.isPending) return <Loading rows={3} />;
  const isSignIn = session.error instanceof Problem && session.error.status === 401;
  if (!isSignIn) return <ErrorView error={session.error} retry={() => void session.refetch()} />;
  return <SignIn expired={expired} />;
}
