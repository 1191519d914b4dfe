import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { CalendarDetail } from '@/api/types';
import { Instant, useClock, useZoneShort } from '@/ui/clock';
import { useT } from '@/ui/prefs';
import { flowText } from './model';

function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {rows
        .filter(([, value]) => value !== null && value !== '')
        .map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export function CalendarFacts({ detail }: { detail: CalendarDetail }) {
  const t = useT();
  const { zone } = useClock();
  const { valid } = detail;
  return (
    <Facts
      rows={[
        [t('cal.zone'), detail.timezone || `${zone} (${t('cal.server_zone')})`],
        [t('cal.day_starts_at'), detail.day_starts_at],
        [
          t('cal.month_starts_on'),
          `${flowText(detail.month_starts_on)} ${
            detail.month_starts_on === 1 ? '' : t(`cal.label_${detail.label}`)
          }`,
        ],
        [t('cal.valid'), valid && `${valid.from ?? ''} – ${valid.until ?? ''}`],
        [t('cal.effective_from'), detail.effective_from],
        [t('cal.verified_until'), detail.verified_until],
        [t('col.folder'), detail.folder],
      ]}
    />
  );
}

/** What rests on the calendar. */
export function UsedBy({ detail }: { detail: CalendarDetail }) {
  const t = useT();
  const { workflows, business_dates, calendars } = detail.used_by;
  const none = workflows.length + business_dates.length + calendars.length === 0;
  if (none) return <p className="muted">{t('cal.used_by_none')}</p>;
  const links = (items: ReactNode[]) =>
    items.length > 0 ? <span className="links">{items}</span> : null;
  return (
    <Facts
      rows={[
        [
          t('nav.workflows'),
          links(
            workflows.map((workflow) => (
              <Link
                key={workflow}
                to="/workflows/$workflow/$tab"
                params={{ workflow, tab: 'schedule' }}
              >
                {workflow}
              </Link>
            )),
          ),
        ],
        [
          t('nav.business_dates'),
          links(
            business_dates.map((name) => (
              <Link key={name} to="/business-dates/$businessDate" params={{ businessDate: name }}>
                {name}
              </Link>
            )),
          ),
        ],
        [
          t('nav.calendars'),
          links(
            calendars.map((calendar) => (
              <Link key={calendar} to="/calendars/$calendar" params={{ calendar }} search={{}}>
                {calendar}
              </Link>
            )),
          ),
        ],
      ]}
    />
  );
}

export function CalendarRevisions({ detail }: { detail: CalendarDetail }) {
  const t = useT();
  const short = useZoneShort();
  return (
    <table className="plain">
      <thead>
        <tr>
          <th>{t('col.revision')}</th>
          <th>{t('col.applied', { zone: short })}</th>
          <th>{t('col.by')}</th>
          <th>{t('cal.effective_from')}</th>
          <th>{t('col.reason')}</th>
        </tr>
      </thead>
      <tbody>
        {detail.revisions.map((revision) => (
          <tr key={revision.revision}>
            <td className="num">
              {revision.revision}{' '}
              {revision.revision === detail.revision && (
                <span className="flag">{t('wf.newest')}</span>
              )}
            </td>
            <td>
              <Instant at={revision.applied_at} />
            </td>
            <td>{revision.applied_by}</td>
            <td className="num">{revision.effective_from ?? ''}</td>
            <td>{revision.reason}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
