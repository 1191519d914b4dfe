// Prints src/calendar/holidays_japan.inc from the npm package of Japanese holidays:
//   cd tools/holidays && npm ci && npm run write && python3 check.py
// The package is a dated table; check.py works every day out anew from the law and compares.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const source = require('@holiday-jp/holiday_jp/lib/holidays.js');
const { version } = require('@holiday-jp/holiday_jp/package.json');

const FIRST_YEAR = 1970;
const LAST_YEAR = 2050;

// Days whose name in the source says less than it could, with the name the law gives them.
const BETTER = {
  '2019-04-30': ['国民の休日', "Citizen's Holiday"],
  '2019-05-01': ['即位の日', 'Enthronement Day'],
  '2019-05-02': ['国民の休日', "Citizen's Holiday"],
  '2019-10-14': ['体育の日', 'Health and Sports Day'],
  '2019-10-22': ['即位礼正殿の儀', 'Ceremony of the Enthronement'],
  '1989-02-24': ['大喪の礼', 'Funeral Ceremony of Emperor Showa'],
  '1990-11-12': ['即位礼正殿の儀', 'Ceremony of the Enthronement'],
  '1993-06-09': ['結婚の儀', 'Wedding of Crown Prince Naruhito'],
};
const ENGLISH = { 文化の日: 'Culture Day', スポーツの日: 'Sports Day' };
const IN_LIEU = ' 振替休日';

// The Sunday that a holiday in lieu stands for; the source names the day before it even where that is another one.
function sunday(date) {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - day.getUTCDay());
  return source[day.toISOString().slice(0, 10)];
}

function names({ date, name, name_en }) {
  if (BETTER[date]) return BETTER[date];
  if (name === '休日') return ['国民の休日', name_en];
  if (!name.endsWith(IN_LIEU)) return [name, ENGLISH[name] ?? name_en];
  const [of, of_en] = names(sunday(date));
  return [`振替休日 (${of})`, `Holiday in lieu of ${of_en}`];
}

const kinds = []; // [japanese, english], in order of first use
const years = new Map();
for (const date of Object.keys(source).sort()) {
  const [year, month, day] = date.split('-').map(Number);
  if (year < FIRST_YEAR || year > LAST_YEAR) continue;
  const pair = names(source[date]);
  let kind = kinds.findIndex(([japanese]) => japanese === pair[0]);
  if (kind < 0) kind = kinds.push(pair) - 1;
  if (!years.has(year)) years.set(year, []);
  years.get(year).push(`{${year * 10000 + month * 100 + day}, ${kind}}`);
}

const out = [
  `// Written by tools/holidays/write.mjs from @holiday-jp/holiday_jp ${version} (MIT license); do not edit.`,
  `constexpr HolidayName kJapanNames[] = {`,
  ...kinds.map((pair, index) => `    {${pair.map((text) => JSON.stringify(text)).join(', ')}},  // ${index}`),
  `};`,
  `constexpr DatedHoliday kJapanDays[] = {`,
];
for (const rows of years.values()) {
  for (let at = 0; at < rows.length; at += 7) {
    out.push(`    ${rows.slice(at, at + 7).join(', ')},`);
  }
}
out.push('};');
console.log(out.join('\n'));
