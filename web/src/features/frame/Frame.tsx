import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useParams } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { api } from '@/api/client';
import type { Key } from '@/i18n';
import { HeaderClock } from '@/ui/clock';
import { DisplayMenu } from '@/ui/DisplayMenu';
import { Icon, type IconName } from '@/ui/Icon';
import { later } from '@/ui/later';
import { LiveMark, StaleBar, useDefinitionNews } from '@/ui/live';
import { OperateProvider } from '@/ui/operate/Operate';
import { usePrefs, useT } from '@/ui/prefs';
import { useMay, useSession } from '@/ui/session';
import { HeaderDates } from './HeaderDates';

const Help = later(async () => (await import('./Help')).Help);
const Palette = later(async () => (await import('./Palette')).Palette);

interface Place {
  to:
    | '/runs'
    | '/workflows'
    | '/differences'
    | '/calendars'
    | '/business-dates'
    | '/audit'
    | '/settings';
  icon: IconName;
  word: Key;
}
const OPERATE: Place[] = [
  { to: '/runs', icon: 'runs', word: 'nav.runs' },
  { to: '/workflows', icon: 'workflows', word: 'nav.workflows' },
  { to: '/differences', icon: 'differences', word: 'nav.differences' },
];
const DEFINE: Place[] = [
  { to: '/calendars', icon: 'calendar', word: 'nav.calendars' },
  { to: '/business-dates', icon: 'business_date', word: 'nav.business_dates' },
];
const AUDIT: Place = { to: '/audit', icon: 'audit', word: 'nav.audit' };
const SETTINGS: Place = { to: '/settings', icon: 'settings', word: 'nav.settings' };

function NavGroup({ label, places }: { label: Key; places: Place[] }) {
  const t = useT();
  const { prefs } = usePrefs();
  return (
    <>
      <h2 className="nav-group">{t(label)}</h2>
      <ul>
        {places.map((place) => (
          <li key={place.to}>
            <Tooltip label={t(place.word)} position="right" disabled={!prefs.narrowNav}>
              <Link to={place.to} className="nav-link" activeProps={{ 'aria-current': 'page' }}>
                <Icon name={place.icon} />
                <span>{t(place.word)}</span>
              </Link>
            </Tooltip>
          </li>
        ))}
      </ul>
    </>
  );
}

function UserMenu() {
  const t = useT();
  const session = useSession();
  const client = useQueryClient();
  const signOut = useCallback(async () => {
    await api.delete('/api/v1/session', {});
    void client.resetQueries({ queryKey: ['session'] });
  }, [client]);
  return (
    <Menu position="top-start">
      <Menu.Target>
        <button type="button" className="nav-user">
          <Icon name="user" />
          <span>
            {session.name} <small>{session.role}</small>
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void signOut()}>{t('app.sign_out')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** The browser's tab says where it is: the run or workflow, else the page. */
function useTabTitle() {
  const t = useT();
  const path = useLocation({ select: (location) => location.pathname });
  const { run, workflow, calendar, businessDate } = useParams({ strict: false });
  const named = run ?? workflow ?? calendar ?? businessDate;
  useEffect(() => {
    const place = [...OPERATE, ...DEFINE, AUDIT, SETTINGS].find((each) => each.to === path);
    const title = named ?? (place && t(place.word));
    document.title = title ? `${title} · dandori` : 'dandori';
  }, [path, named, t]);
}

export function Frame() {
  const { prefs, change, t } = usePrefs();
  const mayAdmin = useMay('admin');
  useDefinitionNews();
  useTabTitle();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const openPalette = useCallback(() => {
    setPalette(true);
    void import('./Palette').then((loaded) => loaded.openPalette());
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.closest('input, textarea');
      if (event.key === '?' && !typing) setHelp(true);
      else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') openPalette();
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [openPalette]);
  return (
    <OperateProvider>
      <div className="frame" data-narrow={prefs.narrowNav || undefined}>
        <a href="#content" className="skip-link">
          {t('app.skip_to_content')}
        </a>
        <header className="header">
          <Link to="/runs" className="brand">
            <span className="brand-mark" aria-hidden="true" />
            <b>dandori</b>
          </Link>
          <HeaderDates />
          <HeaderClock />
          <span className="grow" />
          <button type="button" className="search-box" onClick={openPalette}>
            <Icon name="search" size={15} />
            <span>{t('search.open')}</span>
            <kbd>Ctrl K</kbd>
          </button>
          <LiveMark />
          <DisplayMenu />
        </header>
        <nav className="nav" aria-label={t('app.navigation')}>
          <NavGroup label="nav.operate" places={OPERATE} />
          <NavGroup label="nav.define" places={DEFINE} />
          <NavGroup label="nav.system" places={mayAdmin ? [AUDIT, SETTINGS] : [SETTINGS]} />
          <span className="grow" />
          <UserMenu />
          <ActionIcon
            variant="subtle"
            color="gray"
            className="nav-fold"
            aria-label={t(prefs.narrowNav ? 'app.expand' : 'app.collapse')}
            onClick={() => change({ narrowNav: !prefs.narrowNav })}
          >
            <Icon name={prefs.narrowNav ? 'right' : 'left'} size={15} />
          </ActionIcon>
        </nav>
        <main className="main" id="content" tabIndex={-1}>
          <StaleBar />
          <Outlet />
        </main>
        {palette && <Palette onHelp={() => setHelp(true)} />}
        {help && <Help onClose={() => setHelp(false)} />}
      </div>
    </OperateProvider>
  );
}
