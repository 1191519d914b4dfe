import './days.css';
import { memo, type ReactNode } from 'react';
import { monthName, weekdayNames, weeksOf } from '@/lib/day';
import { usePrefs } from '../prefs';

/** How one day is drawn. label: read out, with the date. */
export interface DayFace {
  label: string;
  /** Signs of the day for the style sheet: `data-closed`, `data-today` … */
  signs: Readonly<Record<`data-${string}`, string | undefined>>;
  content?: ReactNode;
}

/** A month as weeks of days. One day of all takes the focus: arrow keys lead on (useDayKeys). */
export const Month = memo(function Month({
  month,
  chosen,
  stop,
  face,
  withYear = false,
  note,
}: {
  month: string;
  /** The chosen day, when it lies in this month. */
  chosen: string | null;
  /** The day that Tab leads to, when it lies in this month. */
  stop: string | null;
  face: (date: string) => DayFace;
  withYear?: boolean;
  note?: string | undefined;
}) {
  const { prefs } = usePrefs();
  const name = monthName(month, prefs.lang, withYear);
  return (
    <section className="month">
      <h3>
        {name} {note && <small>{note}</small>}
      </h3>
      <div role="grid" aria-label={monthName(month, prefs.lang)}>
        <div role="row" className="week">
          {weekdayNames(prefs.lang).map((weekday) => (
            <span role="columnheader" key={weekday}>
              {weekday}
            </span>
          ))}
        </div>
        {weeksOf(month).map((week, row) => (
          <div role="row" className="week" key={`week-${row * 1}`}>
            {week.map((date, at) =>
              date === null ? (
                <span role="gridcell" key={`none-${at * 1}`} />
              ) : (
                <Day
                  key={date}
                  date={date}
                  face={face(date)}
                  chosen={date === chosen}
                  stop={date === stop}
                />
              ),
            )}
          </div>
        ))}
      </div>
    </section>
  );
});

function Day({
  date,
  face,
  chosen,
  stop,
}: {
  date: string;
  face: DayFace;
  chosen: boolean;
  stop: boolean;
}) {
  return (
    <span role="gridcell" aria-selected={chosen}>
      <button
        type="button"
        className="day"
        data-date={date}
        data-chosen={chosen || undefined}
        tabIndex={stop ? 0 : -1}
        aria-current={face.signs['data-today'] ? 'date' : undefined}
        {...face.signs}
      >
        <span className="visually-hidden">{face.label}</span>
        <span className="day-face" aria-hidden="true">
          <span className="day-number num">{Number(date.slice(8))}</span>
          {face.content}
        </span>
      </button>
    </span>
  );
}
