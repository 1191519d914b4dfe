import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { Icon } from './Icon';
import { type Density, type Theme, usePrefs } from './prefs';

const THEMES: Theme[] = ['auto', 'light', 'dark', 'contrast'];
const DENSITIES: Density[] = ['dense', 'normal', 'wide'];

/** Language, colours and row height: what a person sets once. */
export function DisplayMenu() {
  const { prefs, change, t } = usePrefs();
  return (
    <div className="display-menu">
      <div className="lang-switch" role="group" aria-label={t('prefs.language')}>
        <button
          type="button"
          lang="ja"
          aria-pressed={prefs.lang === 'ja'}
          onClick={() => change({ lang: 'ja' })}
        >
          日本語
        </button>
        <button
          type="button"
          lang="en"
          aria-pressed={prefs.lang === 'en'}
          onClick={() => change({ lang: 'en' })}
        >
          EN
        </button>
      </div>
      <Menu position="bottom-end" width={210}>
        <Menu.Target>
          <Tooltip label={t('prefs.title')}>
            <ActionIcon variant="subtle" color="gray" aria-label={t('prefs.title')}>
              <Icon name="display" />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t('prefs.theme')}</Menu.Label>
          {THEMES.map((theme) => (
            <Menu.Item
              key={theme}
              leftSection={<span className="tick">{prefs.theme === theme ? '✓' : ''}</span>}
              onClick={() => change({ theme })}
            >
              {t(`prefs.${theme}`)}
            </Menu.Item>
          ))}
          <Menu.Label>{t('prefs.density')}</Menu.Label>
          {DENSITIES.map((density) => (
            <Menu.Item
              key={density}
              leftSection={<span className="tick">{prefs.density === density ? '✓' : ''}</span>}
              onClick={() => change({ density })}
            >
              {t(`prefs.${density}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
