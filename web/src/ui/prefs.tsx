import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react';
import { type Lang, type Translate, translator } from '@/i18n';

export type Theme = 'auto' | 'light' | 'dark' | 'contrast';
export type Density = 'dense' | 'normal' | 'wide';
export const ROW_PX: Record<Density, number> = { dense: 22, normal: 28, wide: 34 };

export interface Prefs {
  lang: Lang;
  theme: Theme;
  density: Density;
  narrowNav: boolean;
}

const STORE = 'dandori.display';

function readPrefs(): Prefs {
  const lang: Lang = navigator.language.startsWith('ja') ? 'ja' : 'en';
  const base: Prefs = { lang, theme: 'auto', density: 'normal', narrowNav: false };
  try {
    return { ...base, ...(JSON.parse(localStorage.getItem(STORE) ?? '{}') as Partial<Prefs>) };
  } catch {
    return base; // no storage, or not ours: the defaults do
  }
}

interface Shared {
  prefs: Prefs;
  change: (some: Partial<Prefs>) => void;
  t: Translate;
  dark: boolean;
}

const Context = createContext<Shared | null>(null);

function systemDark(): MediaQueryList {
  return window.matchMedia('(prefers-color-scheme: dark)');
}

export function PrefsProvider({ children }: { children: ReactNode }) {
  const [prefs, setPrefs] = useState(readPrefs);
  const [system, setSystem] = useState(() => systemDark().matches);
  useEffect(() => {
    const query = systemDark();
    const follow = () => setSystem(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  const dark = prefs.theme === 'dark' || (prefs.theme === 'auto' && system);
  useEffect(() => {
    const root = document.documentElement;
    root.lang = prefs.lang;
    root.dataset['theme'] = prefs.theme === 'contrast' ? 'contrast' : dark ? 'dark' : 'light';
    root.style.setProperty('--row', `${ROW_PX[prefs.density]}px`);
  }, [prefs, dark]);
  const change = useCallback((some: Partial<Prefs>) => {
    setPrefs((old) => {
      const next = { ...old, ...some };
      localStorage.setItem(STORE, JSON.stringify(next));
      return next;
    });
  }, []);
  const shared = useMemo(
    () => ({ prefs, change, t: translator(prefs.lang), dark }),
    [prefs, change, dark],
  );
  return <Context value={shared}>{children}</Context>;
}

export function usePrefs(): Shared {
  const shared = useContext(Context);
  if (!shared) throw new Error('PrefsProvider is missing');
  return shared;
}

export function useT(): Translate {
  return usePrefs().t;
}
