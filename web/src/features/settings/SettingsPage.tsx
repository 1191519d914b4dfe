import { Button, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import type { Lang } from '@/i18n';
import { HeaderClock, useClock } from '@/ui/clock';
import { useActionsOff } from '@/ui/live';
import { useOperate } from '@/ui/operate/Operate';
import { type Density, type Theme, usePrefs } from '@/ui/prefs';
import { useMay } from '@/ui/session';
import { Tokens } from './Tokens';

function Display() {
  const { prefs, change, t } = usePrefs();
  return (
    <section className="panel panel-body settings-block" aria-labelledby="display-title">
      <h2 id="display-title">{t('settings.display')}</h2>
      <dl className="facts">
        <dt>{t('prefs.language')}</dt>
        <dd>
          <SegmentedControl
            size="xs"
            value={prefs.lang}
            onChange={(lang) => change({ lang: lang as Lang })}
            data={[
              { value: 'ja', label: '日本語' },
              { value: 'en', label: 'English' },
            ]}
            aria-label={t('prefs.language')}
          />
        </dd>
        <dt>{t('prefs.theme')}</dt>
        <dd>
          <SegmentedControl
            size="xs"
            value={prefs.theme}
            onChange={(theme) => change({ theme: theme as Theme })}
            data={(['auto', 'light', 'dark', 'contrast'] as const).map((value) => ({
              value,
              label: t(`prefs.${value}`),
            }))}
            aria-label={t('prefs.theme')}
          />
        </dd>
        <dt>{t('prefs.density')}</dt>
        <dd>
          <SegmentedControl
            size="xs"
            value={prefs.density}
            onChange={(density) => change({ density: density as Density })}
            data={(['dense', 'normal', 'wide'] as const).map((value) => ({
              value,
              label: t(`prefs.${value}`),
            }))}
            aria-label={t('prefs.density')}
          />
        </dd>
      </dl>
    </section>
  );
}

/** Whether the server starts anything, and the switch for it. */
function Drain() {
  const { t } = usePrefs();
  const open = useOperate();
  const off = useActionsOff();
  const mayAdmin = useMay('admin');
  const query = useQuery(queries.server());
  const server = query.data;
  if (!server) return null;
  const name = server.draining ? 'undrain' : 'drain';
  const by = server.drained_by ?? '';
  return (
    <>
      <dt>{t('settings.drain')}</dt>
      <dd className="row">
        {server.draining ? (
          <span className="flag warn">
            {t('settings.drain_yes', { by, reason: server.reason ?? '' })}
          </span>
        ) : (
          t('settings.drain_no')
        )}
        {mayAdmin && (
          <Button
            size="xs"
            variant="default"
            disabled={off}
            onClick={() => open({ is: 'operation', name, target: { is: 'server' } })}
          >
            {t(`op.${name}`)}
          </Button>
        )}
      </dd>
      <dt>{t('settings.live')}</dt>
      <dd className="num">{server.live}</dd>
    </>
  );
}

function About() {
  const { t } = usePrefs();
  const { zone, version } = useClock();
  return (
    <section className="panel panel-body settings-block" aria-labelledby="about-title">
      <h2 id="about-title">{t('settings.about')}</h2>
      <dl className="facts">
        <dt>{t('settings.version')}</dt>
        <dd>{version}</dd>
        <dt>{t('settings.zone')}</dt>
        <dd>{zone}</dd>
        <dt>{t('settings.server_time')}</dt>
        <dd>
          <HeaderClock />
        </dd>
        <Drain />
        <dt>{t('nav.api')}</dt>
        <dd>
          <a href="/api">{t('settings.api_docs')}</a>
        </dd>
      </dl>
    </section>
  );
}

export function SettingsPage() {
  const { t } = usePrefs();
  const mayAdmin = useMay('admin');
  return (
    <section className="page" aria-labelledby="settings-title">
      <div className="page-head">
        <h1 id="settings-title">{t('settings.title')}</h1>
      </div>
      {mayAdmin && <Tokens />}
      <Display />
      <About />
    </section>
  );
}
