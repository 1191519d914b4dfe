import { Checkbox } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import { ROW_PX, usePrefs, useT } from './prefs';
import { moveTo, rowsAsText } from './tableModel';

export interface Column<T> {
  key: string;
  head: string;
  /** Track of the grid: `120px`, `minmax(160px, 1fr)`. */
  width: string;
  cell: (row: T) => ReactNode;
  /** What is copied. */
  text: (row: T) => string;
  numeric?: boolean;
  /** Shown where there is room for it only. */
  wide?: boolean;
}

export interface TableProps<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  idOf: (row: T) => string;
  active: string | null;
  onActive: (id: string) => void;
  onOpen?: (row: T) => void;
  selection?: { ids: ReadonlySet<string>; change: (ids: ReadonlySet<string>) => void };
  onEnd?: (() => void) | undefined;
}

const NARROW = '(max-width: 700px)';

/** The columns that the window has room for. */
function useFitting<T>(columns: readonly Column<T>[]): readonly Column<T>[] {
  const narrow = useMediaQuery(NARROW, window.matchMedia(NARROW).matches);
  return useMemo(
    () => (narrow ? columns.filter((column) => !column.wide) : columns),
    [narrow, columns],
  );
}

/** A list of any length: only what is seen is drawn; keys, selection and copying are its own. */
export function Table<T>(props: TableProps<T>) {
  const { rows, idOf, active, onActive, onOpen, selection, onEnd, label } = props;
  const columns = useFitting(props.columns);
  const t = useT();
  const { prefs } = usePrefs();
  const prefix = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const height = ROW_PX[prefs.density];
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    scrollPaddingStart: height,
  });
  useEffect(() => virtual.measure(), [virtual]);

  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd && rows.length > 0 && last >= rows.length - 20) onEnd();
  }, [onEnd, last, rows.length]);

  const at = rows.findIndex((row) => idOf(row) === active);
  const tracks = (selection ? '34px ' : '') + columns.map((column) => column.width).join(' ');

  function toggle(id: string) {
    if (!selection) return;
    const ids = new Set(selection.ids);
    if (!ids.delete(id)) ids.add(id);
    selection.change(ids);
  }

  // Rows keep what they were given until they change themselves: so what they call stays the same.
  const latest = useRef({ onActive, onOpen, toggle });
  latest.current = { onActive, onOpen, toggle };
  const [handlers] = useState<Handlers>(() => ({
    pick: (id) => latest.current.onActive(id),
    open: (row) => latest.current.onOpen?.(row as T),
    toggle: (id) => latest.current.toggle(id),
  }));

  function onKey(event: KeyboardEvent) {
    const here = rows[at];
    if (event.key === 'Enter' && here && onOpen) onOpen(here);
    else if (event.key === ' ' && here && selection) toggle(idOf(here));
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey) && selection)
      selection.change(new Set(rows.map(idOf)));
    else if (event.key === 'c' && (event.ctrlKey || event.metaKey)) {
      if (window.getSelection()?.toString()) return;
      const chosen = rows.filter((row) => selection?.ids.has(idOf(row)));
      const wanted = chosen.length > 0 ? chosen : here ? [here] : [];
      void navigator.clipboard.writeText(rowsAsText(wanted, props.columns));
    } else {
      const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 300) / height) - 2);
      const next = moveTo(event.key, at, rows.length, page);
      if (next === null) return;
      onActive(idOf(rows[next]!));
      virtual.scrollToIndex(next);
    }
    event.preventDefault();
  }

  return (
    <div
      ref={scroller}
      className="table"
      role="grid"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-multiselectable={selection !== undefined}
      aria-activedescendant={at >= 0 ? `${prefix}-${idOf(rows[at]!)}` : undefined}
      tabIndex={0}
      onKeyDown={onKey}
      title={undefined}
      aria-description={t('view.table_keys')}
      style={{ '--tracks': tracks } as React.CSSProperties}
    >
      <div role="rowgroup" className="table-head">
        <div role="row" className="table-row" aria-rowindex={1}>
          {selection && (
            <div role="columnheader" className="cell">
              <Checkbox
                size="xs"
                tabIndex={-1}
                aria-label={t('view.select_all')}
                checked={selection.ids.size > 0 && selection.ids.size === rows.length}
                indeterminate={selection.ids.size > 0 && selection.ids.size < rows.length}
                onChange={(event) =>
                  selection.change(new Set(event.currentTarget.checked ? rows.map(idOf) : []))
                }
              />
            </div>
          )}
          {columns.map((column) => (
            <div
              role="columnheader"
              className="cell"
              data-numeric={column.numeric}
              key={column.key}
            >
              {column.head}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {items.map((item) => {
          const row = rows[item.index]!;
          const id = idOf(row);
          return (
            <TableRow
              key={id}
              id={`${prefix}-${id}`}
              rowId={id}
              row={row}
              index={item.index}
              top={item.start}
              columns={columns as readonly Column<unknown>[]}
              active={id === active}
              selected={selection?.ids.has(id)}
              handlers={handlers}
            />
          );
        })}
      </div>
    </div>
  );
}

interface Handlers {
  pick: (id: string) => void;
  open: (row: unknown) => void;
  toggle: (id: string) => void;
}

interface RowProps {
  id: string;
  rowId: string;
  row: unknown;
  index: number;
  top: number;
  columns: readonly Column<unknown>[];
  active: boolean;
  selected: boolean | undefined;
  handlers: Handlers;
}

const TableRow = memo(
  function TableRow(props: RowProps) {
    const t = useT();
    return (
      <div
        role="row"
        id={props.id}
        className="table-row"
        aria-rowindex={props.index + 2}
        aria-selected={props.selected ?? props.active}
        data-active={props.active || undefined}
        data-id={props.rowId}
        style={{ position: 'absolute', transform: `translateY(${props.top}px)` }}
        onClick={(event) => {
          const own = (event.target as Element).closest('a, button, input, label');
          if (!own) props.handlers.pick(props.rowId); // a link in a cell goes its own way
        }}
        onDoubleClick={() => props.handlers.open(props.row)}
      >
        {props.selected !== undefined && (
          <div role="gridcell" className="cell">
            <Checkbox
              size="xs"
              tabIndex={-1}
              aria-label={t('view.select', { name: props.rowId })}
              checked={props.selected}
              onChange={() => props.handlers.toggle(props.rowId)}
            />
          </div>
        )}
        {props.columns.map((column) => (
          <div role="gridcell" className="cell" data-numeric={column.numeric} key={column.key}>
            {column.cell(props.row)}
          </div>
        ))}
      </div>
    );
  },
  (before, after) =>
    before.row === after.row &&
    before.top === after.top &&
    before.index === after.index &&
    before.active === after.active &&
    before.selected === after.selected &&
    before.columns === after.columns,
);
