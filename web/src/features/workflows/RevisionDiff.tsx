import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { WorkflowDiff } from '@/api/types';
import type { Sign } from '@/ui/flow/Flow';
import { later } from '@/ui/later';
import { useT } from '@/ui/prefs';
import { Loading, QueryView } from '@/ui/View';
import { diffRow, signsOf } from './diffModel';

const FlowView = later(async () => (await import('@/ui/flow/FlowView')).FlowView, <Loading />);
const SIGNS = { added: '+', removed: '−', changed: '~', reordered: '↕' } as const;

function Changes({ diff }: { diff: WorkflowDiff }) {
  const t = useT();
  return (
    <table className="diff">
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{t('wf.diff_what')}</th>
          <th scope="col">{t('audit.before')}</th>
          <th scope="col">{t('audit.after')}</th>
        </tr>
      </thead>
      <tbody>
        {diff.changes.map((change) => {
          const row = diffRow(change);
          return (
            <tr key={`${change.op}${change.path}`} data-op={row.op}>
              <th scope="row" title={change.path}>
                <span className="diff-sign" aria-hidden="true">
                  {SIGNS[row.op]}
                </span>{' '}
                {t(`wf.diff_${row.op}`)} <b>{t(`wf.subject_${row.subject}`)}</b>{' '}
                <code>{[row.name, row.member].filter(Boolean).join(' › ')}</code>
              </th>
              <td className="mono">{row.before && <del>{row.before}</del>}</td>
              <td className="mono">{row.after && <ins>{row.after}</ins>}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** One revision as a flow; what differs in it bears its sign. */
function Side({
  workflow,
  revision,
  signs,
}: {
  workflow: string;
  revision: number;
  signs: ReadonlyMap<string, Sign>;
}) {
  const t = useT();
  const query = useQuery(queries.workflowGraph(workflow, revision));
  const label = t('run.revision', { n: revision });
  return (
    <figure className="panel diff-side">
      <figcaption className="num">{label}</figcaption>
      <FlowView query={query} label={label} active={null} signs={signs} onPick={() => {}} />
    </figure>
  );
}

/** What changed between two revisions, by meaning: in words, and in the two flows. */
export function RevisionDiff({
  workflow,
  from,
  to,
  withFlow = false,
}: {
  workflow: string;
  from: number;
  to: number;
  withFlow?: boolean;
}) {
  const t = useT();
  const query = useQuery(queries.revisionDiff(workflow, from, to));
  const title = t('wf.diff_title', { from, to });
  return (
    <QueryView query={query}>
      {(diff) => {
        const signs = signsOf(diff.changes);
        return (
          <>
            {withFlow && signs.size > 0 && (
              <div className="diff-flows">
                <Side workflow={workflow} revision={from} signs={signs} />
                <Side workflow={workflow} revision={to} signs={signs} />
              </div>
            )}
            <div className="panel panel-body scroll" role="region" aria-label={title} tabIndex={0}>
              <h2>{title}</h2>
              {diff.changes.length === 0 ? (
                <p className="muted">{t('wf.diff_none')}</p>
              ) : (
                <Changes diff={diff} />
              )}
            </div>
          </>
        );
      }}
    </QueryView>
  );
}
