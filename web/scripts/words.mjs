// Writes src/i18n/shared.ts from the catalogue of the command line, so that states, reasons and
// failures have the same words in both. Every build and test does so first; the file is not kept.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const WANTED = /^(state|miss|failure|origin|why|preview|mark|step|day|guard|move)\./;
const root = new URL('../../', import.meta.url);
const target = new URL('../src/i18n/shared.ts', import.meta.url);

/** Entries `{"key", "en" "more", "ja"}` of a C++ table. */
function entriesOf(source) {
  const entries = [];
  const text = /"((?:[^"\\]|\\.)*)"/y;
  for (const open of source.matchAll(/\{(?=")/g)) {
    const fields = [''];
    let at = open.index + 1;
    for (;;) {
      while (/\s/.test(source[at])) ++at;
      if (source[at] === '"') {
        text.lastIndex = at;
        const found = text.exec(source);
        fields[fields.length - 1] += JSON.parse(`"${found[1]}"`);
        at = text.lastIndex;
      } else if (source[at] === ',') {
        fields.push('');
        ++at;
      } else break;
    }
    if (fields.length === 3) entries.push(fields);
  }
  return entries;
}

function table(name, rows) {
  const lines = rows.map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`);
  return `export const ${name} = {\n${lines.join('\n')}\n} as const;\n`;
}

const folder = new URL('src/cli/', root);
const headers = readdirSync(folder).filter((name) => /^catalogue_.*\.h$/.test(name));
const entries = headers
  .sort()
  .flatMap((name) => entriesOf(readFileSync(new URL(name, folder), 'utf8')))
  .filter(([key]) => WANTED.test(key));
const made =
  '// Made from src/cli/catalogue_*.h by `npm run words`.\n' +
  table(
    'sharedEn',
    entries.map(([key, en]) => [key, en]),
  ) +
  table(
    'sharedJa',
    entries.map(([key, , ja]) => [key, ja]),
  );

writeFileSync(target, made);
