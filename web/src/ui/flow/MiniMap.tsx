import { useReactFlow, useStore } from '@xyflow/react';
import { type PointerEvent, useEffect, useRef } from 'react';
import type { Graph } from '@/api/types';
import { shapeOf } from '@/lib/states';
import { usePrefs } from '../prefs';
import type { StateStore } from './states';

const WIDTH = 190;
const HEIGHT = 110;

/** The whole flow, small, on a canvas: drawn anew at most once a frame, whatever the number of jobs. */
export function MiniMap({ graph, store }: { graph: Graph; store: StateStore | null }) {
  const { t, prefs, dark } = usePrefs();
  const canvas = useRef<HTMLCanvasElement>(null);
  const flow = useReactFlow();
  const [x, y, zoom] = useStore((state) => state.transform);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const scale = Math.min(WIDTH / graph.width, HEIGHT / graph.height);
  const [left, top] = [(WIDTH - graph.width * scale) / 2, (HEIGHT - graph.height * scale) / 2];

  useEffect(() => {
    let frame = 0;
    const draw = () => {
      frame = 0;
      const context = canvas.current?.getContext('2d');
      if (!context) return;
      const style = getComputedStyle(document.documentElement);
      const ratio = window.devicePixelRatio || 1;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, WIDTH, HEIGHT);
      for (const node of graph.nodes) {
        const shape = store ? shapeOf(store.get(node.job)) : 'planned';
        context.fillStyle = style.getPropertyValue(`--st-${shape}`);
        context.globalAlpha =
          shape === 'waiting' || shape === 'planned' || shape === 'pool' ? 0.45 : 1;
        context.fillRect(
          left + node.x * scale,
          top + node.y * scale,
          Math.max(1.5, node.width * scale),
          Math.max(1.5, node.height * scale),
        );
      }
      context.globalAlpha = 1;
      context.strokeStyle = style.getPropertyValue('--accent');
      context.lineWidth = 1.5;
      context.strokeRect(
        left + (-x / zoom) * scale,
        top + (-y / zoom) * scale,
        (width / zoom) * scale,
        (height / zoom) * scale,
      );
    };
    const soon = () => {
      if (!frame) frame = requestAnimationFrame(draw);
    };
    soon();
    const stop = store?.watchAll(soon);
    return () => {
      stop?.();
      cancelAnimationFrame(frame);
    };
  }, [graph, store, x, y, zoom, width, height, scale, left, top, prefs.theme, dark]);

  function go(event: PointerEvent<HTMLCanvasElement>) {
    if (event.buttons !== 1) return;
    const box = event.currentTarget.getBoundingClientRect();
    void flow.setCenter(
      (event.clientX - box.left - left) / scale,
      (event.clientY - box.top - top) / scale,
      { zoom },
    );
  }

  return (
    <canvas
      ref={canvas}
      className="flow-map nopan nowheel"
      role="img"
      aria-label={t('run.minimap')}
      width={WIDTH * (window.devicePixelRatio || 1)}
      height={HEIGHT * (window.devicePixelRatio || 1)}
      style={{ width: WIDTH, height: HEIGHT }}
      onPointerDown={go}
      onPointerMove={go}
    />
  );
}
