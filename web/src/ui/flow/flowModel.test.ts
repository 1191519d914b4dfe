import { describe, expect, it } from 'vitest';
import type { Graph } from '@/api/types';
import { blockLinks, boundsOf, edgePath, levelOf, partOf, stepFrom } from './flowModel';
import { StateStore } from './states';

const node = (job: string, layer: number, y: number, block = layer) => ({
  job,
  title: '',
  type: 'shell' as const,
  layer,
  block,
  x: layer * 200,
  y,
  width: 150,
  height: 30,
});
const block = (layer: number) => ({
  title: '',
  kind: 'layer' as const,
  jobs: [],
  x: layer * 200,
  y: 0,
  width: 150,
  height: 70,
});
const edge = (from: string, to: string) => ({
  from,
  to,
  points: [
    [150, 15],
    [175, 15],
    [175, 55],
    [200, 55],
  ] as [number, number][],
});
const graph: Graph = {
  workflow: 'w',
  revision: 1,
  width: 550,
  height: 70,
  nodes: [node('a', 0, 0), node('b', 1, 0), node('c', 1, 40), node('d', 2, 0)],
  edges: [edge('a', 'b'), edge('a', 'c'), edge('b', 'd'), edge('c', 'd')],
  blocks: [block(0), block(1), block(2)],
};

describe('the flow graph', () => {
  it('shows more the nearer it is; a single block is no summary', () => {
    expect([0.2, 0.4, 0.6, 1].map((zoom) => levelOf(zoom, 3))).toEqual([
      'far',
      'mid',
      'named',
      'near',
    ]);
    expect(levelOf(0.2, 1)).toBe('mid');
  });
  it('a part of it keeps its place: its jobs, the lines between them, and where they stand', () => {
    const part = partOf(graph, new Set(['b', 'd']));
    expect(part.nodes.map((each) => each.job)).toEqual(['b', 'd']);
    expect(part.edges.map(({ from, to }) => `${from}-${to}`)).toEqual(['b-d']);
    expect(boundsOf(part)).toEqual({ x: 200, y: 0, width: 350, height: 30 });
    expect(partOf(graph, new Set(['nobody']))).toBe(graph);
  });
  it('draws all lines as one path: level pieces straight, others as a curve that leaves level', () => {
    const only = (from: string, to: string) => from === 'a' && to === 'b';
    expect(edgePath(graph.edges, only)).toBe('M150 15L175 15L175 55L200 55');
    const [first] = graph.edges;
    const slanted = [
      {
        ...first!,
        points: [
          [0, 0],
          [100, 40],
        ] as [number, number][],
      },
    ];
    expect(edgePath(slanted)).toBe('M0 0C50 0 50 40 100 40');
  });
  it('joins summary blocks once each', () => {
    expect(blockLinks(graph).map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });
  it('arrow keys follow the lines and the layer', () => {
    expect(stepFrom(graph, null, 'ArrowRight')).toBe('a');
    expect(stepFrom(graph, 'a', 'ArrowRight')).toBe('b');
    expect(stepFrom(graph, 'b', 'ArrowDown')).toBe('c');
    expect(stepFrom(graph, 'd', 'ArrowLeft')).toBe('b');
    expect(stepFrom(graph, 'd', 'ArrowRight')).toBeNull();
    expect(stepFrom(graph, 'a', 'x')).toBeNull();
  });
});

it('a change of state is told only to those who look at that job', () => {
  const store = new StateStore();
  store.update([
    ['a', 'running'],
    ['b', 'wait_pred'],
  ]);
  const told: string[] = [];
  store.watch('a', () => told.push('a'));
  const stop = store.watch('b', () => told.push('b'));
  store.update([
    ['a', 'running'],
    ['b', 'running'],
  ]);
  expect(told).toEqual(['b']);
  stop();
  store.update([['b', 'succeeded']]);
  expect(told).toEqual(['b']);
  expect(store.get('b')).toBe('succeeded');
});
