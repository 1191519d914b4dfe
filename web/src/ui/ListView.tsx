import { Button, TextInput } from '@mantine/core';
import { type ReactNode, useCallback, useMemo } from 'react';
import { useT } from './prefs';
import { type Column, Table, type TableProps } from './Table';
import { Empty, QueryView } from './View';

/** What a list is read with: page after page. */
interface Paged<T> {
  data: { pages: readonly { items: readonly T[] }[] } | undefined;
  error: unknown;
  isPlaceholderData?: boolean;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** Rows of all pages that are loaded. */
export function useRows<T>(query: Paged<T>): T[] {
  return useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
}

type Props<T> = Omit<TableProps<T>, 'onEnd'> & {
  query: Paged<T>;
  /** What is said when there is no row. */
  empty: ReactNode;
};

/** A list that is read page by page: loading, empty, error, rows; more come near its end. */
export function ListView<T>({ query, empty, ...table }: Props<T>) {
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <QueryView query={query} rows={14}>
      {() => (table.rows.length === 0 ? empty : <Table {...table} onEnd={onEnd} />)}
    </QueryView>
  );
}

export function ClearFilters({ plain, clear }: { plain?: boolean; clear: () => void }) {
  const t = useT();
  return (
    <Button size="xs" variant={plain ? 'subtle' : 'filled'} onClick={clear}>
      {t('view.clear_filters')}
    </Button>
  );
}

/** Nothing matches: how to see more. */
export function EmptyFiltered({ title, clear }: { title: string; clear: () => void }) {
  return (
    <Empty title={title}>
      <ClearFilters clear={clear} />
    </Empty>
  );
}

/** A filter that is typed: it counts with Enter, or when the field is left. */
export function TextFilter({
  label,
  value,
  change,
}: {
  label: string;
  value: string | undefined;
  change: (value: string | undefined) => void;
}) {
  const take = (text: string) => {
    const next = text.trim() || undefined;
    if (next !== value) change(next);
  };
  return (
    <TextInput
      key={value ?? ''}
      size="xs"
      placeholder={label}
      aria-label={label}
      defaultValue={value ?? ''}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take(event.currentTarget.value);
      }}
      onBlur={(event) => take(event.currentTarget.value)}
    />
  );
}

/** A column that shows what is copied, or `cell` instead. */
export function textColumn<T>(
  key: string,
  head: string,
  width: string,
  text: (row: T) => string,
  cell: (row: T) => ReactNode = text,
): Column<T> {
  return { key, head, width, text, cell };
}

/** The columns that a narrow window leaves out. */
export function onlyWide<T>(...columns: Column<T>[]): Column<T>[] {
  return columns.map((column) => ({ ...column, wide: true }));
}

/** A number: to the right, with figures of one width. */
export function numberColumn<T>(
  key: string,
  head: string,
  width: string,
  text: (row: T) => string,
): Column<T> {
  const cell = (row: T) => <span className="num">{text(row)}</span>;
  return { key, head, width, text, cell, numeric: true };
}
