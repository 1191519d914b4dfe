import type { Preview, PreviewJob } from '@/api/types';
import { lookup } from '@/i18n';
import type { Shape } from '@/lib/states';
import { dayText } from '@/lib/time';
import { ShapeGlyph, StateText } from '../Glyph';
import { usePrefs, useT } from '../prefs';
import { groupByEffect, marksAlone, warningArgs } from './previewModel';

const EFFECT_SHAPES: Record<PreviewJob['effect'], Shape> = {
  start: 'running',
  wait: 'waiting',
  stop: 'stopped',
  keep: 'succeeded',
  go_on: 'running',
  hold: 'held',
  skip: 'skipped',
  disable: 'disabled',
  not_run: 'not_run',
  set: 'warning',
  accept: 'warning',
};

const NAMES_SHOWN = 4;

function Names({ jobs, withRun }: { jobs: PreviewJob[]; withRun: boolean }) {
  const t = useT();
  const shown = jobs.slice(0, NAMES_SHOWN).map((job) => {
    const name = job.title || job.job;
    const attempt =
      job.attempt && job.attempt > 1 ? ` (${t('effect.try', { n: job.attempt })})` : '';
    return (withRun && job.run ? `${job.run}/` : '') + name + attempt;
  });
  const more = jobs.length - shown.length;
  return (
    <span title={jobs.map((job) => job.job).join('\n')}>
      {shown.join(t('view.list_separator'))}
      {more > 0 && ` ${t('effect.more', { n: more })}`}
    </span>
  );
}

/** What would happen, by kind of effect; the numbers are the server's and add up. */
export function PreviewView({ preview }: { preview: Preview }) {
  const { prefs, t } = usePrefs();
  const rows = groupByEffect(preview);
  const marks = marksAlone(preview);
  const all = [marks, rows, preview.runs ?? [], preview.business_dates ?? []];
  const nothing = all.every((each) => each.length === 0);
  const withRun = new Set(preview.jobs.map((job) => job.run)).size > 1;
  return (
    <div className="preview">
      {nothing && <p>{t('op.nothing')}</p>}
      {preview.business_dates?.map((date) => (
        <p key={date.business_date} className="num">
          {t('preview.date_moves', {
            name: date.business_date,
            from: dayText(date.from, prefs.lang),
            to: dayText(date.to, prefs.lang),
          })}
        </p>
      ))}
      {marks.map(({ target, kind, set }) => (
        <p key={`${target} ${kind}`}>
          {t(set ? 'preview.mark_set' : 'preview.mark_cleared', {
            target,
            kind: t(`mark.${kind}`),
          })}
        </p>
      ))}
      {rows.length > 0 && (
        <table>
          <tbody>
            {rows.map((row) => (
              <tr key={row.effect} data-effect={row.effect}>
                <th scope="row">
                  <ShapeGlyph shape={EFFECT_SHAPES[row.effect]} /> {t(`effect.${row.effect}`)}
                </th>
                <td className="num">{row.count}</td>
                <td>
                  <Names jobs={row.jobs} withRun={withRun} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {preview.runs && preview.runs.length > 0 && (
        <p className="preview-runs">
          <span className="muted">{t('op.run_then')}</span>
          {preview.runs.slice(0, 10).map((run) => (
            <span key={run.id} className="preview-run">
              {run.name} <StateText state={run.state} />
            </span>
          ))}
        </p>
      )}
      {preview.warnings.map((warning, index) => {
        const { code, ...args } = warning as { code: string } & Record<string, unknown>;
        const shown = warningArgs(prefs.lang, args);
        const text =
          lookup(prefs.lang, `warning.${code}`, shown) ??
          lookup(prefs.lang, code, shown) ??
          t('warning.other', {
            code,
            args: Object.entries(shown)
              .map((pair) => pair.join('='))
              .join(' '),
          });
        return (
          <p key={`${code}-${index * 1}`} className="note warning-note">
            <ShapeGlyph shape="warning" /> {text}
          </p>
        );
      })}
    </div>
  );
}
