import { Menu, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Attempt, Job, RunDetail, Why } from '@/api/types';
import { isActive } from '@/lib/states';
import { bytesText, valueText } from '@/lib/text';
import { Instant, useZoneShort } from '@/ui/clock';
import { StateChip, StateText } from '@/ui/Glyph';
import { LogViewer } from '@/ui/log/LogViewer';
import { useOperate } from '@/ui/operate/Operate';
import { OperationMenu } from '@/ui/operate/OperationMenu';
import { jobOperations } from '@/ui/operate/operations';
import { usePrefs, useT } from '@/ui/prefs';
import { Took } from '@/ui/runColumns';
import { useMay } from '@/ui/session';
import { QueryView } from '@/ui/View';
import { WhyTree } from '@/ui/WhyTree';
import { endDetail } from '@/ui/whyModel';
import { newestAttempt, successorsOf } from './model';
import { type JobTab, linesOf, type RunSearch } from './search';

interface Shown {
  run: RunDetail;
  search: RunSearch;
  change: (some: RunSearch) => void;
}

function Values({
  values,
  none,
}: {
  values: Record<string, unknown> | null | undefined;
  none: string;
}) {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return <p className="muted">{none}</p>;
  return (
    <dl className="facts">
      {entries.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt className="mono">{name}</dt>
          <dd className="mono">{valueText(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function JobLinks({ names, onPick }: { names: readonly string[]; onPick: (job: string) => void }) {
  const t = useT();
  if (names.length === 0) return <>{t('view.none')}</>;
  return (
    <>
      {names.slice(0, 12).map((name) => (
        <button key={name} type="button" className="link-button" onClick={() => onPick(name)}>
          {name}
        </button>
      ))}
      {names.length > 12 && (
        <span className="muted"> {t('effect.more', { n: names.length - 12 })}</span>
      )}
    </>
  );
}

function JobHead({ job, run, pick }: { job: Job; run: RunDetail; pick: (job: string) => void }) {
  const t = useT();
  const attempt = newestAttempt(job);
  return (
    <dl className="facts">
      <dt>{t('col.agent')}</dt>
      <dd>{attempt?.agent || t('view.none')}</dd>
      <dt>{t('col.attempt')}</dt>
      <dd className="num">{job.attempt || t('view.none')}</dd>
      <dt>{t('run.predecessors')}</dt>
      <dd>
        <JobLinks names={job.depends_on} onPick={pick} />
      </dd>
      <dt>{t('run.successors')}</dt>
      <dd>
        <JobLinks names={successorsOf(run.jobs, job.job)} onPick={pick} />
      </dd>
    </dl>
  );
}

function JobMenu({ job, run }: { job: Job; run: RunDetail }) {
  const t = useT();
  const open = useOperate();
  if (!useMay('operate')) return null;
  return (
    <OperationMenu
      label={t('op.menu_job')}
      face={t('op.menu_workflow')}
      target={{ is: 'job', run: run.name, job: job.job, state: job.state }}
      names={jobOperations(job, run)}
    >
      <Menu.Item onClick={() => open({ is: 'rerun', run: run.name, job: job.job })}>
        {t('op.rerun')}
      </Menu.Item>
    </OperationMenu>
  );
}

function WhyJob({ run, job, change }: { run: RunDetail; job: Job; change: Shown['change'] }) {
  const t = useT();
  const query = useQuery(queries.whyJob(run.name, job.job));
  return (
    <div className="panel-body scroll" role="region" aria-label={t('run.why')}>
      <JobHead
        job={job}
        run={run}
        pick={(name) => change({ job: name, attempt: undefined, log: undefined })}
      />
      <QueryView query={query} rows={3}>
        {(why) => (
          <>
            <WhyTree
              reasons={why.reasons as Why[]}
              onJob={(name) => change({ job: name, attempt: undefined, log: undefined })}
            />
            {why.hint_commands.length > 0 && (
              <>
                <h3>{t('run.commands')}</h3>
                <pre className="commands">{why.hint_commands.join('\n')}</pre>
              </>
            )}
          </>
        )}
      </QueryView>
    </div>
  );
}

function AttemptFacts({ attempt }: { attempt: Attempt }) {
  const { t, prefs } = usePrefs();
  const short = useZoneShort();
  return (
    <li>
      <p>
        <b>{t('run.attempt_n', { n: attempt.number })}</b> <StateText state={attempt.state} />{' '}
        {endDetail(prefs.lang, attempt as unknown as Record<string, unknown>)}
      </p>
      <dl className="facts">
        <dt>{t('col.started', { zone: short })}</dt>
        <dd>
          <Instant at={attempt.started_at} />
        </dd>
        <dt>{t('col.ended', { zone: short })}</dt>
        <dd>
          <Instant at={attempt.ended_at} />
        </dd>
        <dt>{t('col.took')}</dt>
        <dd>
          <Took span={attempt} going={isActive(attempt.state)} />
        </dd>
        <dt>{t('col.agent')}</dt>
        <dd>
          {attempt.agent}{' '}
          {attempt.pid !== null && <span className="muted num">PID {attempt.pid}</span>}
        </dd>
        {attempt.memory_peak_bytes !== undefined && (
          <>
            <dt>{t('run.memory')}</dt>
            <dd className="num">{bytesText(attempt.memory_peak_bytes)}</dd>
            <dt>{t('run.cpu')}</dt>
            <dd className="num">{attempt.cpu}</dd>
          </>
        )}
      </dl>
    </li>
  );
}

function Tab({ job, run, search, change }: Shown & { job: Job }) {
  const t = useT();
  switch (search.tab ?? 'why') {
    case 'why':
      return <WhyJob run={run} job={job} change={change} />;
    case 'log':
      return job.attempts.length === 0 ? (
        <p className="panel-body muted">{t('run.no_attempt')}</p>
      ) : (
        <LogViewer
          key={`${job.job}-${search.attempt ?? job.attempt}`}
          run={run.id}
          runName={run.name}
          job={job.job}
          attempt={search.attempt ?? job.attempt}
          attempts={job.attempts.map((attempt) => attempt.number)}
          ended={
            job.attempts.find((each) => each.number === (search.attempt ?? job.attempt))
              ?.ended_at != null
          }
          marked={linesOf(search.log)}
          onMark={(n) => change({ log: `L${n}` })}
          onAttempt={(attempt) => change({ attempt, log: undefined })}
        />
      );
    case 'attempts':
      return (
        <ul className="attempts panel-body scroll" aria-label={t('run.attempts')}>
          {job.attempts.length === 0 && <li className="muted">{t('run.no_attempt')}</li>}
          {job.attempts.toReversed().map((attempt) => (
            <AttemptFacts key={attempt.number} attempt={attempt} />
          ))}
        </ul>
      );
    case 'params':
      return (
        <div className="panel-body scroll" role="region" aria-label={t('run.params')}>
          <h3>{t('run.params_of_run')}</h3>
          <Values values={run.params} none={t('run.no_params')} />
          <h3>{t('run.outputs_of_job')}</h3>
          <Values values={newestAttempt(job)?.outputs} none={t('run.no_outputs')} />
        </div>
      );
  }
}

function WhyRun({ run, change }: Omit<Shown, 'search'>) {
  const t = useT();
  const query = useQuery(queries.whyRun(run.name));
  return (
    <div className="panel-body scroll" role="region" aria-label={t('run.why_run')}>
      <p className="muted">{t('run.pick_job')}</p>
      <h3>{t('run.why_run')}</h3>
      <QueryView query={query} rows={4}>
        {(why) => (
          <>
            {why.reasons && <WhyTree reasons={why.reasons as Why[]} />}
            {!why.reasons && why.jobs.length === 0 && (
              <p className="muted">{t('run.nothing_waits')}</p>
            )}
            {why.jobs.map((item) => (
              <div key={item.job} className="why-job">
                <p>
                  <button
                    type="button"
                    className="link-button"
                    onClick={() => change({ job: item.job })}
                  >
                    {item.job}
                  </button>{' '}
                  {item.title} <StateText state={item.state} />
                </p>
                <WhyTree reasons={item.reasons as Why[]} />
              </div>
            ))}
            {why.hint_commands.length > 0 && (
              <>
                <h3>{t('run.commands')}</h3>
                <pre className="commands">{why.hint_commands.join('\n')}</pre>
              </>
            )}
          </>
        )}
      </QueryView>
      <h3>{t('run.params_of_run')}</h3>
      <Values values={run.params} none={t('run.no_params')} />
    </div>
  );
}

/** The job that was chosen: why it is where it is, its log, its tries, its values. */
export function Inspector({ run, search, change }: Shown) {
  const t = useT();
  const job = run.jobs.find((each) => each.job === search.job);
  if (!job) {
    return (
      <aside className="panel inspector" aria-label={t('run.inspector')}>
        <WhyRun run={run} change={change} />
      </aside>
    );
  }
  const tab = search.tab ?? 'why';
  return (
    <aside className="panel inspector" aria-label={t('run.inspector')}>
      <header className="inspector-head">
        <StateChip state={job.state} />
        <h2>
          {job.title || job.job} {job.title && <small className="mono">{job.job}</small>}
        </h2>
        <JobMenu job={job} run={run} />
      </header>
      <Tabs
        value={tab}
        onChange={(value) => change({ tab: value as JobTab })}
        className="inspector-tabs"
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="why">{t('run.why')}</Tabs.Tab>
          <Tabs.Tab value="log">{t('run.log')}</Tabs.Tab>
          <Tabs.Tab value="attempts">
            {t('run.attempts')} <span className="num muted">{job.attempts.length}</span>
          </Tabs.Tab>
          <Tabs.Tab value="params">{t('run.params')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value={tab} className="inspector-panel">
          <Tab run={run} job={job} search={search} change={change} />
        </Tabs.Panel>
      </Tabs>
    </aside>
  );
}
