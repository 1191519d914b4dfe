// The first page stays within its budget: what index.html loads, each file gzipped.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_KB = 260;
const dist = new URL('../dist/', import.meta.url);
const html = readFileSync(new URL('index.html', dist), 'utf8');
const files = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]);
let total = gzipSync(html).length;
for (const file of files) total += gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
const kb = Math.round(total / 100) / 10;
console.log(`first page: ${files.length + 1} files, ${kb} kB gzipped (budget ${BUDGET_KB} kB)`);
if (kb > BUDGET_KB) process.exit(1);
