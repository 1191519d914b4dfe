import type { Graph, GraphNode } from '@/api/types';

export type Level = 'far' | 'mid' | 'named' | 'near';

/** What is drawn at a zoom: summary blocks, blocks with a glyph, with a large name, or with both names. */
export function levelOf(zoom: number, blocks: number): Level {
  if (zoom < 0.34 && blocks > 1) return 'far';
  if (zoom < 0.42) return 'mid';
  return zoom < 0.72 ? 'named' : 'near';
}

/** The part of a flow that these jobs and the lines between them are. */
export function partOf(graph: Graph, jobs: ReadonlySet<string>): Graph {
  const nodes = graph.nodes.filter((node) => jobs.has(node.job));
  if (nodes.length === 0) return graph;
  const blocks = graph.blocks.map((block) => ({
    ...block,
    jobs: block.jobs.filter((job) => jobs.has(job)),
  }));
  return {
    ...graph,
    nodes,
    blocks,
    edges: graph.edges.filter((edge) => jobs.has(edge.from) && jobs.has(edge.to)),
  };
}

/** Where the jobs of a flow, or of a part of it, stand. */
export function boundsOf(graph: Graph) {
  const left = Math.min(...graph.nodes.map((node) => node.x));
  const top = Math.min(...graph.nodes.map((node) => node.y));
  const right = Math.max(...graph.nodes.map((node) => node.x + node.width));
  const bottom = Math.max(...graph.nodes.map((node) => node.y + node.height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** A route: level pieces are straight, points of different height are joined by a curve that leaves
 * and arrives level, as in the drawings of `dandori graph`. */
function routePath(points: readonly (readonly number[])[]): string {
  let path = '';
  let [beforeX, beforeY] = [0, 0];
  for (const [index, [x = 0, y = 0]] of points.entries()) {
    const middle = (beforeX + x) / 2;
    if (index === 0) path += `M${x} ${y}`;
    else if (y === beforeY || x === beforeX) path += `L${x} ${y}`;
    else path += `C${middle} ${beforeY} ${middle} ${y} ${x} ${y}`;
    [beforeX, beforeY] = [x, y];
  }
  return path;
}

/** One path for all edges: a thousand elements fewer. */
export function edgePath(
  edges: Graph['edges'],
  wanted: (from: string, to: string) => boolean = () => true,
): string {
  return edges
    .filter((edge) => wanted(edge.from, edge.to))
    .map((edge) => routePath(edge.points))
    .join('');
}

/** Lines between summary blocks, from border to border, one for each pair. */
export function blockLinks(graph: Graph): { from: number; to: number; path: string }[] {
  const blockOf = new Map(graph.nodes.map((node) => [node.job, node.block]));
  const seen = new Set<string>();
  return graph.edges.flatMap((edge) => {
    const from = blockOf.get(edge.from);
    const to = blockOf.get(edge.to);
    if (from === undefined || to === undefined || from === to || seen.has(`${from}-${to}`))
      return [];
    seen.add(`${from}-${to}`);
    const [a, b] = [graph.blocks[from]!, graph.blocks[to]!];
    const [ax, ay, bx, by] = [a.x + a.width, a.y + a.height / 2, b.x, b.y + b.height / 2];
    const middle = (ax + bx) / 2;
    return [{ from, to, path: `M${ax} ${ay}H${middle}V${by}H${bx}` }];
  });
}

/** A layer of many jobs is a narrow column: its words run downwards. */
export function isTall(block: { width: number; height: number }): boolean {
  return block.height > block.width * 2;
}

/** Size of the words of a summary block: as large as it has room for, to be read from afar. */
export function blockFont(block: { width: number; height: number }): number {
  return isTall(block)
    ? Math.min(block.width * 0.42, block.height * 0.1)
    : Math.min(block.width * 0.28, block.height * 0.3);
}

type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';

/** The job that an arrow key leads to: along the lines sideways, within the layer up and down. */
export function stepFrom(graph: Graph, from: string | null, key: string): string | null {
  if (!isArrow(key)) return null;
  const here = graph.nodes.find((node) => node.job === from);
  if (!here) return graph.nodes[0]?.job ?? null;
  const near = (names: readonly string[]) =>
    nearest(
      graph.nodes.filter((node) => names.includes(node.job)),
      here,
    );
  switch (key) {
    case 'ArrowRight':
      return near(graph.edges.filter((edge) => edge.from === from).map((edge) => edge.to));
    case 'ArrowLeft':
      return near(graph.edges.filter((edge) => edge.to === from).map((edge) => edge.from));
    case 'ArrowUp':
      return nearest(
        graph.nodes.filter((node) => node.layer === here.layer && node.y < here.y),
        here,
      );
    case 'ArrowDown':
      return nearest(
        graph.nodes.filter((node) => node.layer === here.layer && node.y > here.y),
        here,
      );
  }
}

function isArrow(key: string): key is Arrow {
  return ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].includes(key);
}

function nearest(nodes: readonly GraphNode[], here: GraphNode): string | null {
  const far = (node: GraphNode) => Math.abs(node.y - here.y) + Math.abs(node.x - here.x) / 4;
  return nodes.toSorted((a, b) => far(a) - far(b))[0]?.job ?? null;
}
