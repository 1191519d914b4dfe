import type { Why } from '@/api/types';
import { type Args, type Lang, lookup, stateWord } from '@/i18n';
import { isEnded } from '@/lib/states';
import { valueText } from '@/lib/text';
import { instantText } from '@/lib/time';

/** A reason in words: the same sentences as `dandori why`, made from code and arguments. */
export interface WhyNode {
  ok: boolean | null;
  code: string;
  label: string;
  sentence: string;
  /** Job whose log tells more. */
  job: string | null;
  state: string | null;
  children: WhyNode[];
}

interface Words {
  lang: Lang;
  zone: string;
  shortZone: string;
}

const LIST_SHOWN = 8;

function listText(words: Words, name: string, items: readonly unknown[]): string {
  const shown = items
    .slice(0, LIST_SHOWN)
    .map((item) => (name === 'needs' ? stateWord(words.lang, valueText(item)) : valueText(item)));
  const more = items.length - shown.length;
  return (
    shown.join(', ') + (more > 0 ? ` ${lookup(words.lang, 'effect.more', { n: more }) ?? ''}` : '')
  );
}

function argText(words: Words, name: string, value: unknown): string {
  if (name === 'state' && typeof value === 'string') return stateWord(words.lang, value);
  if (Array.isArray(value)) return listText(words, name, value);
  const isInstant = name === 'at' || name === 'since' || name.endsWith('_at');
  if (isInstant && typeof value === 'string') return instantText(value, words.zone) || value;
  return valueText(value);
}

/** How an attempt ended, such as `exit code 2`: the same parts as on the command line. */
export function endDetail(lang: Lang, end: Record<string, unknown>): string {
  const parts: string[] = [];
  const failure = valueText(end['failure'] ?? 'none');
  const said = failure === 'exit' || failure === 'signal';
  if (failure !== 'none' && !said) parts.push(lookup(lang, `failure.${failure}`, {}) ?? failure);
  if (typeof end['exit_code'] === 'number' && end['exit_code'] !== 0) {
    parts.push(lookup(lang, 'why.exit_code', { exit_code: end['exit_code'] }) ?? '');
  }
  if (typeof end['signal'] === 'number' && end['signal'] > 0) {
    parts.push(lookup(lang, 'why.signal', { signal: end['signal'] }) ?? '');
  }
  if (typeof end['error'] === 'string' && end['error'] && !said) parts.push(end['error']);
  return parts.join(', ');
}

function argsOf(words: Words, why: Why): Args {
  const args: Args = {};
  for (const [name, value] of Object.entries(why)) args[name] = argText(words, name, value);
  const detail = endDetail(words.lang, why);
  args['detail'] = detail ? `: ${detail}` : '';
  args['zone'] = words.shortZone;
  return args;
}

/** Most special sentence first: `why.not_run.run_killed`, then `why.not_run`. */
function sentenceOf(words: Words, why: Why, args: Args): string {
  const keys: string[] = [];
  if (typeof why['because'] === 'string' && why['because'])
    keys.push(`${why.code}.${why['because']}`);
  if (why.code === 'why.predecessor' && isEnded(valueText(why['state'])))
    keys.push(`${why.code}.ended`);
  if (why.ok === true) keys.push(`${why.code}.ok`);
  keys.push(why.code);
  for (const key of keys) {
    const text = lookup(words.lang, key, args);
    if (text !== null) return text;
  }
  const rest = Object.entries(args).filter(
    ([name]) => !['code', 'ok', 'children', 'detail', 'zone'].includes(name),
  );
  return [why.code, ...rest.map(([name, value]) => `${name}=${value}`)].join(' ');
}

const USUAL_NEEDS = ['succeeded', 'warning', 'skipped', 'bypassed'].join();

export function whyNode(words: Words, why: Why): WhyNode {
  const args = argsOf(words, why);
  let sentence = sentenceOf(words, why, args);
  const needs = why['needs'];
  if (why.code === 'why.predecessor' && Array.isArray(needs) && needs.join() !== USUAL_NEEDS) {
    sentence += ` ${lookup(words.lang, 'why.needs', args) ?? ''}`;
  }
  const isJob = why.code === 'why.predecessor';
  return {
    ok: why.ok,
    code: why.code,
    label: lookup(words.lang, `${why.code}.label`, {}) ?? '',
    sentence,
    job: isJob ? valueText(why['job']) : null,
    state: isJob ? valueText(why['state']) : null,
    children: whyNodes(words, why.children ?? []),
  };
}

/** "All predecessors" needs no line of its own: each of them has one. */
export function whyNodes(words: Words, whys: readonly Why[]): WhyNode[] {
  return whys.flatMap((why) => {
    const plain =
      why.code === 'why.predecessors' &&
      (why['join'] ?? 'all') === 'all' &&
      (why.children?.length ?? 0) > 0;
    return plain ? whyNodes(words, why.children as Why[]) : [whyNode(words, why)];
  });
}
