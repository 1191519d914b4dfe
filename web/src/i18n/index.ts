import i18next from 'i18next';
import { en, one } from './en';
import { ja } from './ja';
import { sharedEn, sharedJa } from './shared';

export type Lang = 'ja' | 'en';
export type SharedKey = keyof typeof sharedEn;
export type Key = keyof typeof en | SharedKey;
export type Args = Record<string, string | number>;
export type Translate = (key: Key, args?: Args) => string;

export const catalogues = { en: { ...sharedEn, ...en }, ja: { ...sharedJa, ...ja } };

/** Japanese has one form for any number; English has one more for a single thing. */
const singular = Object.fromEntries(Object.entries(one).map(([key, text]) => [`${key}_one`, text]));

const engine = i18next.createInstance();
engine.init({
  lng: 'en',
  resources: {
    en: { translation: { ...catalogues.en, ...singular } },
    ja: { translation: catalogues.ja },
  },
  keySeparator: false,
  nsSeparator: false,
  interpolation: { prefix: '{', suffix: '}', escapeValue: false },
  returnEmptyString: true,
});

export function translator(lang: Lang): Translate {
  const fixed = engine.getFixedT(lang) as Translate;
  return (key, args) =>
    fixed(key, typeof args?.['n'] === 'number' ? { ...args, count: args['n'] } : args);
}

/** Text for a key that comes from the server (a code), or null when there is none. */
export function lookup(lang: Lang, key: string, args: Args): string | null {
  return Object.hasOwn(catalogues[lang], key) ? translator(lang)(key as Key, args) : null;
}

/** The word of a state; a word that is unknown here is shown as it came. */
export function stateWord(lang: Lang, state: string): string {
  return lookup(lang, `state.${state}`, {}) ?? state;
}
