import type { Lang } from '@/i18n';

/** The pages of docs/errors, as `dandori explain CODE` prints them; loaded when first needed. */
const PAGES = import.meta.glob<string>('../../../docs/errors/*.md', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** First paragraph of a part of a page, without marks. */
function summaryOf(part: string): string {
  const lines = part.split('\n').filter((line) => !line.startsWith('#'));
  const paragraph =
    lines
      .join('\n')
      .trim()
      .split(/\n\s*\n/)[0] ?? '';
  return paragraph
    .replaceAll('**', '')
    .replaceAll('`', '')
    .replace(/\s*\n\s*/g, ' ');
}

export function splitPage(page: string): Record<Lang, string> {
  const [en = '', ja = ''] = page.split(/\n## 日本語/);
  return { en: summaryOf(en), ja: summaryOf(ja) };
}

export function errorPage(code: string): Record<Lang, string> | null {
  const page = PAGES[`../../../docs/errors/${code}.md`];
  return page ? splitPage(page) : null;
}
