import type { TraceStep } from '@/api/types';
import { usePrefs } from './prefs';
import { traceTexts } from './traceModel';

/** Every step from the rule to the start, in the language of the reader; what changed something is strong. */
export function TraceList({ trace }: { trace: readonly TraceStep[] }) {
  const { prefs } = usePrefs();
  return (
    <ol className="trace">
      {traceTexts(prefs.lang, trace).map((told, index) => (
        <li
          key={`${told.step}-${index * 1}`}
          data-code={`${told.step}.${told.code}`}
          data-weighs={told.weighs || undefined}
        >
          {told.text}
        </li>
      ))}
    </ol>
  );
}
