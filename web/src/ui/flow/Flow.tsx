import '@xyflow/react/dist/base.css';
import './flow.css';
import {
  getViewportForBounds,
  type Node,
  type NodeProps,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  type Viewport,
  ViewportPortal,
} from '@xyflow/react';
import {
  createContext,
  type KeyboardEvent,
  memo,
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { Graph, GraphBlock, GraphNode } from '@/api/types';
import { segmentsOf, shapeOf, worstShape } from '@/lib/states';
import { matches } from '@/lib/text';
import { Glyph, ShapeGlyph } from '../Glyph';
import { Icon } from '../Icon';
import { useT } from '../prefs';
import {
  blockFont,
  blockLinks,
  boundsOf,
  edgePath,
  isTall,
  type Level,
  levelOf,
  partOf,
  stepFrom,
} from './flowModel';
import { MiniMap } from './MiniMap';
import { type StateStore, useAllStates, useJobState } from './states';

/** How a job differs from the same one of another revision. */
export type Sign = 'added' | 'removed' | 'changed';
const SIGN_MARKS = { added: '+', removed: '−', changed: '~' } as const;

interface Shared {
  store: StateStore | null;
  active: string | null;
  text: string;
  onPick: (job: string) => void;
  onOpen: ((job: string) => void) | undefined;
  signs: ReadonlyMap<string, Sign> | undefined;
}
const Context = createContext<Shared>({
  store: null,
  active: null,
  text: '',
  onPick: () => {},
  onOpen: undefined,
  signs: undefined,
});

type JobNode = Node<{ node: GraphNode }, 'job'>;
type BlockNode = Node<{ block: GraphBlock; index: number }, 'block'>;

function JobFace({ node, state, level }: { node: GraphNode; state: string | null; level?: Level }) {
  const { active, text, onPick, onOpen, signs } = useContext(Context);
  const sign = signs?.get(node.job);
  const found = text === '' || matches(text, node.job, node.title);
  return (
    <div
      className={`flow-job fill ${state === null ? 'flow-plain' : `st-${shapeOf(state)}`}`}
      data-job={node.job}
      data-state={state ?? undefined}
      data-level={level}
      data-active={node.job === active || undefined}
      data-faded={!found || undefined}
      data-sign={sign}
      style={{ width: node.width, height: node.height }}
      title={node.title ? `${node.title} (${node.job})` : node.job}
      onClick={() => onPick(node.job)}
      onDoubleClick={() => onOpen?.(node.job)}
      role="presentation"
    >
      {state !== null && <Glyph state={state} />}
      {sign && <b aria-hidden="true">{SIGN_MARKS[sign]}</b>}
      <span className="flow-name">
        {node.title || node.job}
        {node.title && node.height >= 40 && <small>{node.job}</small>}
      </span>
    </div>
  );
}

function LiveJob({ node, store }: { node: GraphNode; store: StateStore }) {
  return <JobFace node={node} state={useJobState(store, node.job)} />;
}

const JobView = memo(function JobView({ data }: NodeProps<JobNode>) {
  const { store } = useContext(Context);
  return store ? (
    <LiveJob node={data.node} store={store} />
  ) : (
    <JobFace node={data.node} state={null} />
  );
});

function BlockFace({
  block,
  index,
  states,
}: {
  block: GraphBlock;
  index: number;
  states: string[] | null;
}) {
  const t = useT();
  const parts = states ? segmentsOf(states) : null;
  const done = parts ? block.jobs.length - parts.open - parts.running : 0;
  const shape = states ? worstShape(states) : 'planned';
  return (
    <div
      className={`flow-block st-${shape}`}
      style={{ width: block.width, height: block.height, fontSize: blockFont(block) }}
      data-block={index}
      title={block.kind === 'layer' ? t('run.layer', { n: index + 1 }) : block.title}
      data-tall={isTall(block) || undefined}
    >
      <div className="flow-block-face">
        <span className="flow-block-head">
          {states && <ShapeGlyph shape={shape} size={blockFont(block)} />}
          <b>{block.kind === 'layer' ? index + 1 : block.title}</b>
        </span>
        <span className="num">
          {parts ? t('run.layer_jobs', { done, all: block.jobs.length }) : block.jobs.length}
        </span>
        {parts && (
          <span className="progress">
            {(['succeeded', 'warning', 'failed', 'stopped', 'running'] as const).map((segment) =>
              parts[segment] > 0 ? (
                <span
                  key={segment}
                  className={`fill st-${segment === 'stopped' ? 'not_run' : segment}`}
                  style={{ flexGrow: parts[segment] }}
                />
              ) : null,
            )}
            {parts.open > 0 && <span style={{ flexGrow: parts.open }} />}
          </span>
        )}
      </div>
    </div>
  );
}

function LiveBlock({
  block,
  index,
  store,
}: {
  block: GraphBlock;
  index: number;
  store: StateStore;
}) {
  useAllStates(store);
  return <BlockFace block={block} index={index} states={block.jobs.map((job) => store.get(job))} />;
}

const BlockView = memo(function BlockView({ data }: NodeProps<BlockNode>) {
  const { store } = useContext(Context);
  return store ? (
    <LiveBlock block={data.block} index={data.index} store={store} />
  ) : (
    <BlockFace block={data.block} index={data.index} states={null} />
  );
});

const NODE_TYPES = { job: JobView, block: BlockView };

function nodesOf(graph: Graph, far: boolean): (JobNode | BlockNode)[] {
  if (far) {
    return graph.blocks.flatMap((block, index) =>
      block.jobs.length === 0
        ? []
        : {
            id: `block-${index}`,
            type: 'block' as const,
            position: { x: block.x, y: block.y },
            width: block.width,
            height: block.height,
            data: { block, index },
          },
    );
  }
  return graph.nodes.map((node) => ({
    id: node.job,
    type: 'job',
    position: { x: node.x, y: node.y },
    width: node.width,
    height: node.height,
    data: { node },
  }));
}

function Lines({ graph, level, active }: { graph: Graph; level: Level; active: string | null }) {
  const isFar = level === 'far';
  const lines = useMemo(
    () =>
      isFar
        ? blockLinks(graph)
            .map((link) => link.path)
            .join('')
        : edgePath(graph.edges),
    [graph, isFar],
  );
  const own = useMemo(
    () => (active ? edgePath(graph.edges, (from, to) => from === active || to === active) : ''),
    [graph, active],
  );
  return (
    <ViewportPortal>
      <svg className="flow-lines" width={graph.width} height={graph.height} aria-hidden="true">
        <path d={lines} data-far={isFar || undefined} />
        {!isFar && own && <path d={own} data-own />}
      </svg>
    </ViewportPortal>
  );
}

function Buttons({ showAll }: { showAll: () => void }) {
  const t = useT();
  const flow = useReactFlow();
  return (
    <div className="flow-buttons">
      <button
        type="button"
        className="icon-button"
        aria-label={t('run.zoom_in')}
        onClick={() => void flow.zoomIn()}
      >
        <Icon name="plus" size={15} />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={t('run.zoom_out')}
        onClick={() => void flow.zoomOut()}
      >
        <Icon name="minus" size={15} />
      </button>
      <button type="button" className="icon-button" aria-label={t('run.fit')} onClick={showAll}>
        <Icon name="fit" size={15} />
      </button>
    </div>
  );
}

const ZOOM = { least: 0.02, fitted: 1.15, most: 2 };

/** Where the whole flow is seen. */
function wholeOf(graph: Graph, width: number, height: number): Viewport {
  return getViewportForBounds(boundsOf(graph), width, height, ZOOM.least, ZOOM.fitted, 0.06);
}

export interface FlowProps {
  graph: Graph;
  label: string;
  store?: StateStore;
  active: string | null;
  text?: string;
  /** When given, only these jobs are drawn, where they stand in the whole. */
  only?: ReadonlySet<string> | null;
  /** What is new, gone or changed, in a comparison. */
  signs?: ReadonlyMap<string, Sign>;
  onPick: (job: string) => void;
  onOpen?: (job: string) => void;
}

interface CanvasProps extends FlowProps {
  first: Viewport;
}

function Canvas(props: CanvasProps) {
  const { graph, label, store, active, text = '', signs, onPick, onOpen, first } = props;
  const t = useT();
  const flow = useReactFlow();
  const level = useStore((state) =>
    levelOf(state.panZoom ? state.transform[2] : first.zoom, graph.blocks.length),
  );
  const far = level === 'far';
  const nodes = useMemo(() => nodesOf(graph, far), [graph, far]);
  const box = useRef<HTMLDivElement>(null);
  const shared = useMemo(
    () => ({ store: store ?? null, active, text, signs, onPick, onOpen }),
    [store, active, text, signs, onPick, onOpen],
  );

  // The whole flow stays in sight, in a window of any size, until it is moved by hand.
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const moved = useRef(false);
  const showAll = useCallback(() => {
    moved.current = false;
    if (width > 0 && height > 0) void flow.setViewport(wholeOf(graph, width, height));
  }, [flow, graph, width, height]);
  useEffect(() => {
    if (!moved.current) showAll();
  }, [showAll]);

  function show(job: string) {
    const node = graph.nodes.find((each) => each.job === job);
    if (!node) return;
    moved.current = true;
    const zoom = Math.max(flow.getZoom(), 0.6);
    void flow.setCenter(node.x + node.width / 2, node.y + node.height / 2, { zoom });
  }

  // What is searched for is shown once it is the only one.
  const single = useMemo(() => {
    if (text === '') return null;
    const found = graph.nodes.filter((node) => matches(text, node.job, node.title));
    return found.length === 1 ? found[0]!.job : null;
  }, [graph, text]);
  useEffect(() => {
    if (single) show(single);
  }, [single]);

  function onKey(event: KeyboardEvent) {
    if (event.target !== box.current) return;
    if (event.key === 'Enter' && active) onOpen?.(active);
    else if (event.key === '+' || event.key === '=') void flow.zoomIn();
    else if (event.key === '-') void flow.zoomOut();
    else if (event.key === '0') showAll();
    else {
      const next = stepFrom(graph, active, event.key);
      if (next === null) return;
      onPick(next);
      show(next);
    }
    event.preventDefault();
  }

  const here = graph.nodes.find((node) => node.job === active);
  return (
    <div
      ref={box}
      className="flow"
      data-level={level}
      role="application"
      tabIndex={0}
      aria-label={label}
      aria-description={t('run.flow_keys')}
      onKeyDown={onKey}
    >
      <span className="visually-hidden" aria-live="polite">
        {here && `${here.title || here.job} ${store?.get(here.job) ?? ''}`}
      </span>
      <Context value={shared}>
        <ReactFlow<JobNode | BlockNode>
          nodes={nodes}
          nodeTypes={NODE_TYPES}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          onlyRenderVisibleElements
          defaultViewport={first}
          minZoom={ZOOM.least}
          maxZoom={ZOOM.most}
          onMove={(event) => {
            if (event) moved.current = true; // by hand; a click alone moves nothing
          }}
          zoomOnDoubleClick={false}
          proOptions={{ hideAttribution: true }}
          onNodeClick={(_, node) => {
            if (node.type === 'block') {
              const { block } = node.data as BlockNode['data'];
              moved.current = true;
              void flow.fitBounds(block, { padding: 0.1 });
            }
          }}
        >
          <Lines graph={graph} level={level} active={active} />
          {graph.nodes.length > 12 && <MiniMap graph={graph} store={store ?? null} />}
        </ReactFlow>
      </Context>
      <Buttons showAll={showAll} />
    </div>
  );
}

/** A flow as the server laid it out; three levels of detail by zoom. */
export function Flow({ only, ...given }: FlowProps) {
  const graph = useMemo(
    () => (only ? partOf(given.graph, only) : given.graph),
    [given.graph, only],
  );
  const props = { ...given, graph };
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const [first, setFirst] = useState<Viewport | null>(null);
  // Measured before anything is drawn: so only what belongs to the first view is ever made.
  useLayoutEffect(() => {
    if (box) setFirst((known) => known ?? wholeOf(props.graph, box.clientWidth, box.clientHeight));
  }, [box, props.graph]);
  if (!first) return <div ref={setBox} className="flow" />;
  return (
    <ReactFlowProvider>
      <Canvas {...props} first={first} />
    </ReactFlowProvider>
  );
}
