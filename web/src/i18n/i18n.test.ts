import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RUN_STATES } from '@/lib/states';
import { catalogues, stateWord, translator } from '.';

const SRC = join(import.meta.dirname, '..');

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\.ts$/.test(entry.name) ? [path] : [];
  });
}

it('both languages have the same keys, all with words', () => {
  expect(Object.keys(catalogues.ja).sort()).toEqual(Object.keys(catalogues.en).sort());
  for (const catalogue of Object.values(catalogues)) {
    for (const [key, words] of Object.entries(catalogue)) expect(words.trim(), key).not.toBe('');
  }
});

it('both languages take the same arguments', () => {
  const args = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
  // Words of the command line may leave out in one language what its grammar does not need.
  const own = Object.keys(catalogues.en).filter(
    (key) => !/^(why|state|miss|failure|step|day|guard)\./.test(key),
  );
  for (const key of own as (keyof typeof catalogues.en)[]) {
    expect(args(catalogues.ja[key]), key).toEqual(args(catalogues.en[key]));
  }
});

it('no key is without use', () => {
  const text = sources(SRC)
    .filter((path) => !path.includes('/i18n/'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  const made = [
    /^(why|state|miss|failure|origin|preview|mark|step|day|guard|move|form|effect|warning|op\.hint)\./,
    /^(op|param|prefs|rerun|role|runs|wf|cal\.label|bd\.(how|unit|advance|back))[._]/,
    /^sched\.(days|open_days|gap_\w+|\w+_of_two(_short)?)$/,
    /^(audit\.(actor|action|target)|run\.flow)$/,
  ];
  const unused = Object.keys(catalogues.en).filter(
    (key) =>
      !text.includes(`'${key}'`) &&
      !text.includes(`"${key}"`) &&
      !made.some((pattern) => pattern.test(key)),
  );
  expect(unused).toEqual([]);
});

it('no words stand in the components themselves', () => {
  const japanese = /[぀-ヿ一-鿿]/;
  const between = /(?<!=)>\s*([A-Za-z][A-Za-z ,.’']{2,})\s*</g; // text of an element
  const attribute = /\b(?:label|title|placeholder|aria-label|alt|description)="([^"]+)"/g;
  const allowed = new Set(['2026-11-20', 'dandori', 'Ctrl K', 'EN']);
  for (const path of sources(SRC).filter((each) => each.endsWith('.tsx'))) {
    const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const found = [...text.matchAll(between), ...text.matchAll(attribute)]
      .map((match) => match[1]!.trim())
      .filter((words) => !allowed.has(words) && !Object.hasOwn(catalogues.en, words));
    expect(found, path).toEqual([]);
    const lines = text
      .split('\n')
      .filter((line) => japanese.test(line) && !line.includes('日本語'));
    expect(lines, path).toEqual([]);
  }
});

it('every state of a run has a word of its own in Japanese', () => {
  for (const state of RUN_STATES) expect(stateWord('ja', state)).not.toBe(state);
});

it('English counts one thing as one', () => {
  expect(translator('en')('rerun.go', { n: 1 })).toBe('Rerun 1 job');
  expect(translator('en')('rerun.go', { n: 2 })).toBe('Rerun 2 jobs');
  expect(translator('ja')('rerun.go', { n: 1 })).toBe('1 ジョブを再実行');
});

it('arguments are filled in as they are', () => {
  expect(translator('en')('op.title', { what: 'Kill', target: 'a&b#1' })).toBe('Kill: a&b#1');
});
