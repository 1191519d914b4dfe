import './workflows.css';
import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { queries } from '@/api/queries';
import type { WorkflowDetail } from '@/api/types';
import { Icon } from '@/ui/Icon';
import { later } from '@/ui/later';
import { useActionsOff } from '@/ui/live';
import { useOperate } from '@/ui/operate/Operate';
import { OperationMenu } from '@/ui/operate/OperationMenu';
import { workflowOperations } from '@/ui/operate/operations';
import { useT } from '@/ui/prefs';
import { useMay } from '@/ui/session';
import { Loading, QueryView } from '@/ui/View';
import { rangeOf, TABS, type Tab, tabOf, textOf } from './model';
import { Overview } from './Overview';
import { RevisionDiff } from './RevisionDiff';
import { Revisions } from './Revisions';
import { WorkflowFlags } from './WorkflowFlags';
import { WorkflowRuns } from './WorkflowRuns';

const WorkflowFlow = later(async () => (await import('./WorkflowFlow')).WorkflowFlow, <Loading />);
const Schedule = later(async () => (await import('./Schedule')).Schedule, <Loading />);

function Head({ detail, tab }: { detail: WorkflowDetail; tab: Tab }) {
  const t = useT();
  const open = useOperate();
  const off = useActionsOff();
  const mayRun = useMay('run');
  const mayOperate = useMay('operate');
  // What was done by hand and the folder stand in the list's row of the workflow.
  const rows = useInfiniteQuery(queries.workflows({ text: detail.workflow }));
  const state = rows.data?.pages
    .flatMap((page) => page.items)
    .find((row) => row.name === detail.workflow);
  const title = state?.title || textOf(detail.definition, 'title');
  return (
    <header className="panel run-head">
      <div className="run-title">
        {state?.folder && <span className="muted">{state.folder} /</span>}
        <h1>
          {title || detail.workflow} {title && <small className="mono">{detail.workflow}</small>}
        </h1>
        {state && <WorkflowFlags workflow={state} />}
        <span className="muted num">{t('run.revision', { n: detail.revision })}</span>
        <span className="grow" />
        {mayOperate && state && (
          <OperationMenu
            label={t('op.menu_workflow')}
            target={{ is: 'workflow', workflow: detail.workflow }}
            names={workflowOperations(state)}
          />
        )}
        {mayRun && (
          <Button
            size="xs"
            disabled={off}
            onClick={() => open({ is: 'start', workflow: detail.workflow })}
            leftSection={<Icon name="right" size={13} />}
          >
            {t('wf.start')}
          </Button>
        )}
      </div>
      <nav className="tabs" aria-label={detail.workflow}>
        {TABS.map((name) => (
          <Link
            key={name}
            to="/workflows/$workflow/$tab"
            params={{ workflow: detail.workflow, tab: name }}
            aria-current={name === tab ? 'page' : undefined}
          >
            {t(`wf.${name}`)}
          </Link>
        ))}
      </nav>
    </header>
  );
}

function Body({
  detail,
  tab,
  range,
}: {
  detail: WorkflowDetail;
  tab: Tab;
  range: { from: number; to: number } | null;
}) {
  if (range) return <RevisionDiff workflow={detail.workflow} {...range} withFlow />;
  switch (tab) {
    case 'overview':
      return <Overview detail={detail} />;
    case 'flow':
      return <WorkflowFlow detail={detail} />;
    case 'revisions':
      return <Revisions detail={detail} />;
    case 'schedule':
      return <Schedule workflow={detail.workflow} />;
    case 'runs':
      return <WorkflowRuns workflow={detail.workflow} />;
  }
}

export function WorkflowPage() {
  const { workflow, tab, range } = useParams({ strict: false }) as {
    workflow: string;
    tab?: string;
    range?: string;
  };
  const query = useQuery(queries.workflow(workflow));
  const pair = rangeOf(range);
  const shown = pair ? 'revisions' : tabOf(tab);
  return (
    <section className="page">
      <QueryView query={query}>
        {(detail) => (
          <>
            <Head detail={detail} tab={shown} />
            <Body detail={detail} tab={shown} range={pair} />
          </>
        )}
      </QueryView>
    </section>
  );
}
