import { type FunctionComponent, type ReactNode, useEffect, useReducer } from 'react';

export type Later<P> = FunctionComponent<P> & {
  /** Fetches the code beforehand, so that nothing is waited for when it is needed. */
  load: () => Promise<void>;
};

/** Code that comes by itself, and what became of it. */
class Code<P> {
  found: FunctionComponent<P> | null = null;
  error: unknown = null;
  private asked: Promise<void> | null = null;

  constructor(private readonly fetchCode: () => Promise<FunctionComponent<P>>) {}

  load = (): Promise<void> => {
    this.asked ??= this.fetchCode().then(
      (found) => {
        this.found = found;
      },
      (why: unknown) => {
        this.error = why;
      },
    );
    return this.asked;
  };
}

function Shown<P extends object>({
  code,
  props,
  waiting,
}: {
  code: Code<P>;
  props: P;
  waiting: ReactNode;
}) {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    let gone = false;
    if (!code.found) void code.load().then(() => gone || again());
    return () => {
      gone = true;
    };
  }, [code]);
  if (code.error) throw code.error; // the page of errors says what to do
  const Found = code.found;
  return Found ? <Found {...props} /> : waiting;
}

/** A component whose code comes when it is needed.
 *
 * Not `React.lazy`: once a fallback was shown, React holds back what follows for 300 ms. */
export function later<P extends object>(
  fetchCode: () => Promise<FunctionComponent<P>>,
  waiting: ReactNode = null,
): Later<P> {
  const code = new Code(fetchCode);
  return Object.assign((props: P) => <Shown code={code} props={props} waiting={waiting} />, {
    load: code.load,
  });
}
