import { valueText } from '@/lib/text';

const TYPES = ['string', 'integer', 'number', 'boolean', 'date', 'time', 'list', 'object'] as const;
export type ParamType = (typeof TYPES)[number];

export interface Param {
  name: string;
  title: string;
  type: ParamType;
  required: boolean;
  fallback: string;
}

/** Parameters that a definition (canonical form) declares. */
export function paramsOf(definition: Record<string, unknown>): Param[] {
  const params = definition['params'];
  if (typeof params !== 'object' || params === null) return [];
  const list: [string, unknown][] = Array.isArray(params)
    ? params.map((param) => [String((param as Record<string, unknown>)['name']), param])
    : Object.entries(params);
  return list.map(([name, raw]) => {
    const param = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
    return {
      name,
      title: valueText(param['title'] ?? ''),
      type: TYPES.find((type) => type === param['type']) ?? 'string',
      required: param['required'] === true,
      fallback: valueText(param['default'] ?? ''),
    };
  });
}

/** Typed text as values of the declared types; what was left empty is left out. */
export function readParams(declared: readonly Param[], typed: Readonly<Record<string, string>>) {
  const params: Record<string, unknown> = {};
  const problems = new Map<string, ParamType>();
  for (const { name, type } of declared) {
    const text = typed[name] ?? '';
    if (text === '') continue;
    if (type === 'string' || type === 'date' || type === 'time') {
      params[name] = text;
      continue;
    }
    try {
      params[name] = JSON.parse(text);
    } catch {
      problems.set(name, type);
    }
  }
  return { params, problems };
}
