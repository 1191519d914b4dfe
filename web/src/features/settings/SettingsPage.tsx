import { SegmentedControl } from '@mantine/core';
import type { Lang } from '@/i18n';
import { HeaderClock, useClock } from '@/ui/clock';
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
