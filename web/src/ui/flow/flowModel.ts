import type { Graph, GraphNode } from '@/api/types';

export type Level = 'far' | 'mid' | 'near';

/** What is drawn at a zoom: summary blocks, blocks with a glyph, or blocks with names. */
export function levelOf(zoom: number, blocks: number): Level {
  if (zoom < 0.34 && blocks > 1) return 'far';
  return zoom < 0.55 ? 'mid' : 'near';
}

/** One path for all edges: a thousand elements fewer. Corners are as the server laid them. */
export function edgePath(
  edges: Graph['edges'],
  wanted: (from: string, to: string) => boolean = () => true,
): string {
  return edges
    .filter((edge) => wanted(edge.from, edge.to))
    .map((edge) =>
      edge.points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(''),
    )
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
