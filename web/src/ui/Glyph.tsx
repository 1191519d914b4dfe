import type { ReactNode } from 'react';
import { stateWord } from '@/i18n';
import { type Shape, shapeOf } from '@/lib/states';
import { usePrefs } from './prefs';

/** Drawn in 16 × 16 with the current colour; told apart by form alone. */
const DRAWN: Record<Shape, ReactNode> = {
  planned: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 5v3.2l2.2 1.4" />
    </>
  ),
  waiting: <path d="M5 3h6M5 13h6M5.5 3c0 3 5 4 5 5s-5 2-5 5M10.5 3c0 3-5 4-5 5s5 2 5 5" />,
  pool: <path d="M3.5 5h9M3.5 8h9M3.5 11h5" />,
  running: <path d="M5.5 3.5 12.5 8l-7 4.5z" fill="currentColor" />,
  succeeded: <path d="m3.5 8.5 3 3 6-7" strokeWidth="2" />,
  warning: (
    <>
      <path d="M8 2.5 14 13H2z" />
      <path d="M8 6.5v3M8 11.2v.3" strokeWidth="1.6" />
    </>
  ),
  failed: <path d="m4 4 8 8M12 4l-8 8" strokeWidth="2" />,
  unknown: (
    <>
      <path d="m2.8 5.2 5 5.6M7.8 5.2l-5 5.6" strokeWidth="1.7" />
      <path
        d="M10.5 6.3c0-2.3 3.2-2.1 3.2-.2 0 1.4-1.6 1.4-1.6 2.8M12.1 11.2v.3"
        strokeWidth="1.4"
      />
    </>
  ),
  not_run: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="m4.2 4.2 7.6 7.6" />
    </>
  ),
  held: <path d="M5.5 3.5v9M10.5 3.5v9" strokeWidth="2.2" />,
  disabled: (
    <>
      <circle cx="8" cy="8" r="5.5" strokeDasharray="2.6 1.6" />
      <path d="M4.2 11.8 11.8 4.2" />
    </>
  ),
  skipped: <path d="m3.5 4 4 4-4 4M8.5 4l4 4-4 4" />,
  stopped: <path d="M4 4h8v8H4z" fill="currentColor" />,
};

export function ShapeGlyph({ shape, size = 14 }: { shape: Shape; size?: number }) {
  return (
    <svg
      className={`glyph st-${shape}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {DRAWN[shape]}
    </svg>
  );
}

export function Glyph({ state, size }: { state: string; size?: number }) {
  return <ShapeGlyph shape={shapeOf(state)} {...(size ? { size } : {})} />;
}

/** Glyph and word: colour is never the only sign. */
export function StateText({ state }: { state: string }) {
  const { prefs } = usePrefs();
  return (
    <span className={`state-text st-${shapeOf(state)}`} data-state={state}>
      <Glyph state={state} />
      <span>{stateWord(prefs.lang, state)}</span>
    </span>
  );
}

export function StateChip({ state, children }: { state: string; children?: ReactNode }) {
  const { prefs } = usePrefs();
  return (
    <span className={`state-chip st-${shapeOf(state)}`} data-state={state}>
      <Glyph state={state} />
      <span>{children ?? stateWord(prefs.lang, state)}</span>
    </span>
  );
}
