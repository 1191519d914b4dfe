import type { components, paths } from './schema';

export type Schemas = components['schemas'];
export type ProblemBody = Schemas['Problem'];

type Method = 'get' | 'post' | 'put' | 'delete';
type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];
type Operation<P extends keyof paths, M extends Method> =
  paths[P] extends Record<M, infer O> ? O : never;
type JsonOf<R> = R extends { content: { 'application/json': infer J } } ? J : never;
type Answer<O> = O extends { responses: infer R }
  ? { [S in keyof R]: S extends 200 | 201 | 202 ? JsonOf<R[S]> : never }[keyof R]
  : never;
type PathOf<O> = O extends { parameters: { path: infer P } } ? { path: P } : { path?: undefined };
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? { query?: Q } : object;
type BodyOf<O> = O extends { requestBody?: infer B }
  ? B extends { content: { 'application/json': infer J } }
    ? { body?: J }
    : { body?: undefined }
  : { body?: undefined };

type Options<O> = PathOf<O> & QueryOf<O> & BodyOf<O> & { signal?: AbortSignal; key?: string };

/** What the server refused, or that it could not be reached (status 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly body: ProblemBody,
  ) {
    super(body.detail ?? body.title);
    this.name = 'Problem';
  }
  get code(): string {
    return this.body.code;
  }
}

/** The value that proves a write comes from our page; the server gives it with the session. */
let csrf = '';
export function setCsrf(value: string): void {
  csrf = value;
}

let signedOut: () => void = () => {};
/** Called when an answer says that there is no session any more. */
export function onSignedOut(callback: () => void): void {
  signedOut = callback;
}

export function urlOf(
  path: string,
  params: Record<string, unknown> = {},
  query: Record<string, unknown> = {},
): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const given = value !== undefined && value !== null && value !== '';
    if (given && !(Array.isArray(value) && value.length === 0)) search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${filled}?${text}` : filled;
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as ProblemBody;
    if (typeof body.code === 'string') return new Problem(response.status, body);
  } catch {
    // not JSON: something between the server and us answered
  }
  const title = `${response.status} ${response.statusText}`.trim();
  return new Problem(response.status, {
    code: `http.${response.status}`,
    title,
    detail: text.slice(0, 300),
  });
}

/** One request, with what every request of this page carries. Throws Problem. */
export async function send(method: string, url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('X-Dandori-Channel', 'ui');
  if (method !== 'GET' && csrf) headers.set('X-Dandori-CSRF', csrf);
  let response: Response;
  try {
    response = await fetch(url, { ...init, method, headers, credentials: 'same-origin' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(0, { code: 'http.connect', title: 'the server does not answer' });
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401 && !url.endsWith('/session')) signedOut();
  throw problem;
}

async function call(method: Method, path: string, options: Options<never>): Promise<unknown> {
  const given = options as {
    path?: Record<string, unknown>;
    query?: Record<string, unknown>;
    body?: unknown;
    signal?: AbortSignal;
    key?: string;
  };
  const headers = new Headers({ Accept: 'application/json' });
  if (given.body !== undefined) headers.set('Content-Type', 'application/json');
  if (given.key) headers.set('Idempotency-Key', given.key);
  const init: RequestInit = { headers };
  if (given.body !== undefined) init.body = JSON.stringify(given.body);
  if (given.signal) init.signal = given.signal;
  const url = urlOf(path, given.path, given.query);
  const response = await send(method.toUpperCase(), url, init);
  return response.status === 204 ? undefined : response.json();
}

type Caller<M extends Method> = <P extends PathsWith<M>>(
  path: P,
  options: Options<Operation<P, M>>,
) => Promise<Answer<Operation<P, M>>>;

function caller<M extends Method>(method: M): Caller<M> {
  return ((path: string, options: Options<never>) => call(method, path, options)) as Caller<M>;
}

/** Paths, parameters, bodies and answers are those of schemas/openapi.yaml. */
export const api = {
  get: caller('get'),
  post: caller('post'),
  put: caller('put'),
  delete: caller('delete'),
};

/** A key for one press of a button: pressed again after a lost answer, nothing happens twice. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
