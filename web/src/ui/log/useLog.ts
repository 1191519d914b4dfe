import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { api, send, urlOf } from '@/api/client';
import { readEvents } from '@/api/sse';
import { addPiece, EMPTY, type LogWindow, type Piece } from './logModel';

const TAIL = 1000;
const CHUNK = 1000;
const WAITS_MS = [300, 1000, 3000];

interface Place {
  run: string;
  job: string;
  attempt: number;
}

/** A log: its end first, what is written from then on, and any other stretch when asked for. */
export function useLog({ run, job, attempt }: Place, first: number | null) {
  const [window, setWindow] = useState<LogWindow>(EMPTY);
  const [error, setError] = useState<unknown>(null);
  const [loaded, setLoaded] = useState(false);
  const [round, setRound] = useState(0);
  const client = useQueryClient();
  const begin = useRef(first);

  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const take = (piece: Piece, how: 'asked' | 'stream' = 'asked') =>
      setWindow((old) => addPiece(old, piece, how));

    async function loadEnd(): Promise<Piece> {
      const page = (query: { tail: number } | { from: number; count: number }) =>
        api.get('/api/v1/runs/{run}/jobs/{job}/logs/lines', {
          path: { run, job },
          query: { attempt, ...query },
          signal,
        });
      const end = await page({ tail: TAIL });
      take(end);
      const wanted = begin.current;
      const known = end.items[0]?.n ?? 1;
      if (wanted !== null && wanted < known) {
        take(await page({ from: Math.max(1, wanted - CHUNK / 2), count: CHUNK }));
      }
      return end;
    }

    async function follow(from: number) {
      let seen = ''; // id of the last event: the stream goes on after it
      for (let tries = 0; !signal.aborted; ) {
        try {
          const url = urlOf(
            '/api/v1/runs/{run}/jobs/{job}/logs/stream',
            { run, job },
            { attempt, offset: from },
          );
          const headers = new Headers({ Accept: 'text/event-stream' });
          if (seen) headers.set('Last-Event-ID', seen);
          const response = await send('GET', url, { headers, signal });
          let ended = false;
          await readEvents(
            response,
            (event) => {
              tries = 0;
              if (event.id) seen = event.id;
              if (event.event !== 'lines' && event.event !== 'end') return;
              take(JSON.parse(event.data) as Piece, 'stream');
              ended = event.event === 'end';
            },
            () => {},
          );
          if (ended) return;
        } catch {
          // cut: it goes on after what was seen, without a lost or doubled line
        }
        if (signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, WAITS_MS[Math.min(tries++, 2)]));
      }
    }

    setError(null);
    loadEnd()
      .then((end) => {
        setLoaded(true);
        if (!end.complete) return follow(end.next_offset);
      })
      .catch((cause: unknown) => {
        if (!signal.aborted) setError(cause);
      });
    return () => abort.abort();
  }, [run, job, attempt, round]);

  const loadFrom = useCallback(
    async (from: number, count = CHUNK) => {
      const piece = await client.fetchQuery({
        queryKey: ['log-lines', run, job, attempt, from, count],
        queryFn: () =>
          api.get('/api/v1/runs/{run}/jobs/{job}/logs/lines', {
            path: { run, job },
            query: { attempt, from, count },
          }),
      });
      setWindow((old) => addPiece(old, piece));
    },
    [client, run, job, attempt],
  );
  const retry = useCallback(() => setRound((old) => old + 1), []);
  return { window, error, loaded, loadFrom, retry };
}

/** Numbers of the lines that hold `text`, found by the server over the whole log. */
export async function searchLog(place: Place, text: string, signal: AbortSignal) {
  const hits: number[] = [];
  let cursor = '';
  do {
    const page = await api.get('/api/v1/runs/{run}/jobs/{job}/logs/search', {
      path: { run: place.run, job: place.job },
      query: {
        attempt: place.attempt,
        q: text,
        ignore_case: 1,
        limit: 1000,
        ...(cursor ? { cursor } : {}),
      },
      signal,
    });
    hits.push(...page.items.map((hit) => hit.n));
    cursor = page.next_cursor ?? '';
  } while (cursor && hits.length < 5000);
  return { hits, more: cursor !== '' };
}
