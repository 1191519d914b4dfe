// Draws /api/v1/openapi.json. Text nodes only: nothing of the description is read as markup.
'use strict';

const METHODS = ['get', 'post', 'put', 'delete'];

function make(tag, content, attributes = {}) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...[content].flat().filter((part) => part !== undefined && part !== null));
  return element;
}

function resolve(api, value) {
  if (!value || !value.$ref) return value;
  return value.$ref.slice(2).split('/').reduce((at, key) => at[key], api);
}

const nameOf = (reference) => reference.split('/').pop();

/** A schema in short, as people write types; names of the API's own types are links. */
function typeOf(schema) {
  if (!schema) return ['any'];
  if (schema.$ref) return [make('a', nameOf(schema.$ref), { href: `#type-${nameOf(schema.$ref)}` })];
  if (schema.oneOf) return schema.oneOf.flatMap((one, at) => (at ? [' | ', ...typeOf(one)] : typeOf(one)));
  if (schema.enum) return [schema.enum.map(String).join(' | ')];
  if (schema.type === 'array') return ['[', ...typeOf(schema.items), ']'];
  const type = [schema.type ?? 'any'].flat().join(' | ');
  return [schema.format ? `${type} (${schema.format})` : type];
}

/** Members of an object schema, with those of allOf. */
function membersOf(api, schema) {
  const whole = resolve(api, schema);
  const inherited = (whole.allOf ?? []).flatMap((one) => membersOf(api, one));
  const required = whole.required ?? [];
  const own = Object.entries(whole.properties ?? {}).map(([name, value]) => ({ name, value, isRequired: required.includes(name) }));
  return [...inherited, ...own];
}

function memberTable(rows) {
  const line = ({ name, value, isRequired }) =>
    make('tr', [
      make('td', [make('code', name), isRequired ? ' *' : '']),
      make('td', typeOf(value)),
      make('td', [value.description ?? '', value['x-status'] ? make('span', value['x-status'], { class: 'mark' }) : '']),
    ]);
  return make('table', rows.map(line));
}

function schemaView(api, schema) {
  if (!schema) return [];
  const members = schema.type === 'array' ? [] : membersOf(api, schema);
  if (schema.$ref || members.length === 0) return [make('p', typeOf(schema))];
  return [memberTable(members)];
}

function contentView(api, content) {
  return Object.entries(content ?? {}).flatMap(([type, { schema }]) => [make('h3', type), ...schemaView(api, schema)]);
}

function parametersView(api, list) {
  if (list.length === 0) return [];
  const rows = list.map((one) => {
    const { name, schema, description, required, in: place } = resolve(api, one);
    return { name: place === 'query' ? `?${name}` : place === 'header' ? `${name}:` : `{${name}}`, isRequired: required,
      value: { ...schema, description: [description, schema?.default === undefined ? '' : `default ${schema.default}`].filter(Boolean).join('; ') } };
  });
  return [make('h3', 'Parameters'), memberTable(rows)];
}

function operationView(api, path, method, operation, shared) {
  const body = resolve(api, operation.requestBody);
  const answers = Object.entries(operation.responses).map(([status, one]) => {
    const answer = resolve(api, one);
    return make('div', [make('h3', `${status}: ${answer.description}`), ...contentView(api, answer.content)]);
  });
  const marks = [operation['x-permission'], operation['x-status']].filter(Boolean).map((text) => make('span', text, { class: 'mark' }));
  return make('details', [
    make('summary', [make('span', method.toUpperCase(), { class: 'method' }), make('span', path, { class: 'path' }),
      make('span', operation.summary ?? '', { class: 'what' }), ...marks]),
    operation.description ? make('pre', operation.description) : undefined,
    ...parametersView(api, [...shared, ...(operation.parameters ?? [])]),
    ...(body ? [make('h3', 'Body'), ...contentView(api, body.content)] : []),
    ...answers,
  ], { id: operation.operationId, 'data-words': `${method} ${path} ${operation.summary} ${operation['x-permission']}`.toLowerCase() });
}

function draw(api) {
  const sections = new Map(api.tags.map((tag) => [tag.name, []]));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((one) => item[one])) {
      const operation = item[method];
      sections.get(operation.tags[0]).push(operationView(api, path, method, operation, item.parameters ?? []));
    }
  }
  const parts = api.tags.map((tag) =>
    make('section', [make('h2', `${tag.name}: ${tag.description}`), ...sections.get(tag.name)]));
  const types = Object.entries(api.components.schemas).map(([name, schema]) =>
    make('details', [make('summary', [make('code', name), make('span', schema.description ?? '', { class: 'what' })]),
      ...schemaView(api, schema)], { id: `type-${name}`, 'data-words': name.toLowerCase() }));
  parts.push(make('section', [make('h2', 'types'), ...types]));
  document.getElementById('main').replaceChildren(make('pre', api.info.description.trim()), ...parts);
}

function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const one of document.querySelectorAll('details')) {
    one.hidden = !words.every((word) => one.dataset.words.includes(word));
  }
}

/** Opens what the address names: `/api#get_run`, `/api#type-Run`. */
function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!named) return;
  named.open = true;
  named.scrollIntoView();
}

async function main() {
  const answer = await fetch('/api/v1/openapi.json');
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  draw(await answer.json());
  document.getElementById('filter').addEventListener('input', (event) => filter(event.target.value));
  window.addEventListener('hashchange', openNamed);
  openNamed();
}

main().catch((error) => {
  document.getElementById('status').textContent = `The description could not be read: ${error.message}`;
});
