import { Button, CopyButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { Problem } from '@/api/client';
import { usePrefs, useT } from './prefs';

/** The four cases of every view: loading, empty, error, data; and data that are not fresh. */

export function Loading({ rows = 8 }: { rows?: number }) {
  const t = useT();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 150); // what comes sooner needs no skeleton
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="skeleton" role="status" aria-label={t('view.loading')}>
      {shown && Array.from({ length: rows }, (_, row) => <div key={`row-${row * 1}`} />)}
    </div>
  );
}

/** `code` in a sentence, drawn as such. */
function withCode(text: string): ReactNode {
  return text.split('`').map((part, at) => (at % 2 === 1 ? <code key={part}>{part}</code> : part));
}

export function Empty({
  title,
  next,
  children,
}: {
  title: string;
  next?: string;
  children?: ReactNode;
}) {
  return (
    <div className="view-empty">
      <p className="view-title">{title}</p>
      {next && <p>{withCode(next)}</p>}
      {children && <div className="view-actions">{children}</div>}
    </div>
  );
}

/** Title and first words of the page of an error code, in the language of the reader. */
export function useErrorPage(code: string): string | null {
  const { prefs } = usePrefs();
  const { data } = useQuery({
    queryKey: ['error-page', code],
    queryFn: async () => (await import('./errorPages')).errorPage(code),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data ? data[prefs.lang] : null;
}

export function ProblemText({ problem }: { problem: Problem }) {
  const t = useT();
  const { prefs } = usePrefs();
  const page = useErrorPage(problem.code);
  const { body, status } = problem;
  if (status === 0) {
    return (
      <>
        <p className="view-title">{t('view.unreachable')}</p>
        <p>{t('view.unreachable_next')}</p>
      </>
    );
  }
  return (
    <>
      <p className="view-title">{prefs.lang === 'ja' && page ? page : problem.message}</p>
      {prefs.lang === 'ja' && page && <p lang="en">{problem.message}</p>}
      {body.hint && <p lang="en">→ {body.hint}</p>}
      {status === 403 && <p>{t('view.denied')}</p>}
      <p className="view-code">
        <code>{body.code}</code>
        {body.path && <code>{body.path}</code>}
        {body.request_id && <span>{t('view.request_id', { id: body.request_id })}</span>}
      </p>
    </>
  );
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new Problem(500, { code: 'web.error', title: 'error', detail });
}

export function ErrorView({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useT();
  const problem = asProblem(error);
  return (
    <div className="view-error" role="alert">
      <ProblemText problem={problem} />
      <div className="view-actions">
        {retry && (
          <Button size="xs" onClick={retry}>
            {t('view.retry')}
          </Button>
        )}
        <CopyButton value={JSON.stringify(problem.body, null, 2)}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {t(copied ? 'view.copied' : 'view.copy')}
            </Button>
          )}
        </CopyButton>
      </div>
    </div>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPlaceholderData?: boolean;
  refetch: () => unknown;
}

/** Draws what was asked for; data that are there stay, dimmed while others are on their way. */
export function QueryView<T>({
  query,
  rows,
  children,
}: {
  query: Asked<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data === undefined) {
    if (query.error) return <ErrorView error={query.error} retry={() => void query.refetch()} />;
    return <Loading {...(rows ? { rows } : {})} />;
  }
  return (
    <div className="view-data" data-dimmed={query.isPlaceholderData || undefined}>
      {children(query.data)}
    </div>
  );
}
