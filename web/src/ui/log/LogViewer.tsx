import './log.css';
import { CopyButton, SegmentedControl, Select, Switch, TextInput, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import Anser from 'anser';
import { type KeyboardEvent, memo, useDeferredValue, useEffect, useRef, useState } from 'react';
import { urlOf } from '@/api/client';
import type { LogLine } from '@/api/types';
import { bytesText } from '@/lib/text';
import { Icon } from '../Icon';
import { useT } from '../prefs';
import { Empty, ErrorView, Loading } from '../View';
import {
  atLevel,
  hasEscapes,
  type Level,
  marked as markHits,
  nextHit,
  plainText,
} from './logModel';
import { searchLog, useLog } from './useLog';

const LINE_PX = 19;

interface Props {
  run: string;
  runName: string;
  job: string;
  attempt: number;
  attempts: number[];
  ended: boolean;
  marked: { from: number; to: number } | null;
  onMark: (line: number) => void;
  onAttempt: (attempt: number) => void;
}

function LineText({ text, query }: { text: string; query: string }) {
  if (query === '' && hasEscapes(text)) {
    return (
      <>
        {Anser.ansiToJson(text, { use_classes: true, remove_empty: true }).map((part, index) => (
          <span key={`${index * 1}`} className={part.fg ? `ansi ${part.fg}` : undefined}>
            {plainText(part.content)}
          </span>
        ))}
      </>
    );
  }
  return (
    <>
      {markHits(plainText(text), query).map((part, index) =>
        part.hit ? (
          <mark key={`${index * 1}`}>{part.text}</mark>
        ) : (
          <span key={`${index * 1}`}>{part.text}</span>
        ),
      )}
    </>
  );
}

const LogRow = memo(function LogRow({
  line,
  query,
  current,
  onMark,
}: {
  line: LogLine;
  query: string;
  current: boolean;
  onMark: (n: number) => void;
}) {
  const t = useT();
  return (
    <div
      className="log-line"
      data-severity={line.severity}
      data-current={current || undefined}
      data-n={line.n}
    >
      <button
        type="button"
        tabIndex={-1}
        className="log-n num"
        onClick={() => onMark(line.n)}
        aria-label={t('log.copy_link', { n: line.n })}
      >
        {line.n}
      </button>
      <span className="log-text">
        <LineText text={line.text} query={query} />
      </span>
    </div>
  );
});

/** The output of one try: tail, search over the whole log, severities, links to lines, copying. */
export function LogViewer(props: Props) {
  const t = useT();
  const place = { run: props.run, job: props.job, attempt: props.attempt };
  const { window, error, loaded, loadFrom, retry } = useLog(place, props.marked?.from ?? null);
  const [follow, setFollow] = useState(props.marked === null);
  const [wrap, setWrap] = useState(false);
  const [level, setLevel] = useState<Level>('all');
  const [typed, setTyped] = useState('');
  const query = useDeferredValue(typed.trim());
  const [current, setCurrent] = useState<number | null>(props.marked?.from ?? null);
  const scroller = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const lines = atLevel(window.lines, level);

  const found = useQuery({
    queryKey: ['log-search', place, query, window.complete ? 'whole' : window.total],
    queryFn: ({ signal }) => searchLog(place, query, signal),
    enabled: query !== '',
    placeholderData: (before) => before,
  });
  const hits = query === '' ? [] : (found.data?.hits ?? []);

  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    overscan: 30,
    getItemKey: (index) => lines[index]?.n ?? index,
  });
  const last = lines.at(-1)?.n;
  useEffect(() => {
    if (follow && last !== undefined) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [follow, last, virtual, lines.length]);

  // A line that is wanted is shown as soon as it is there.
  const [target, setTarget] = useState<number | null>(props.marked?.from ?? null);
  useEffect(() => {
    if (target === null || !loaded) return;
    const index = lines.findIndex((line) => line.n >= target);
    if (index < 0) return;
    virtual.scrollToIndex(index, { align: 'center' });
    setTarget(null);
  }, [target, loaded, lines, virtual]);

  async function goTo(n: number) {
    setFollow(false);
    setCurrent(n);
    const begin = window.lines[0]?.n ?? 1;
    const end = window.lines.at(-1)?.n ?? 0;
    if (n < begin || n > end) await loadFrom(Math.max(1, n - 500));
    setTarget(n);
  }
  async function goToEnd() {
    const end = window.lines.at(-1)?.n ?? 0;
    if (end < window.total) await loadFrom(Math.max(1, window.total - 999));
    setFollow(true);
  }
  function step(way: 1 | -1) {
    const n = nextHit(hits, current ?? (way === 1 ? 0 : Number.POSITIVE_INFINITY), way);
    if (n !== null) void goTo(n);
  }

  function onKey(event: KeyboardEvent) {
    if (event.target !== scroller.current) return;
    if (event.key === '/') search.current?.focus();
    else if (event.key === 'n') step(1);
    else if (event.key === 'N') step(-1);
    else if (event.key === 'Home') void goTo(1);
    else if (event.key === 'End') void goToEnd();
    else return;
    event.preventDefault();
  }

  if (error && !loaded) return <ErrorView error={error} retry={retry} />;
  if (!loaded) return <Loading rows={8} />;
  const begin = window.lines[0]?.n ?? 1;
  const whole = lines.map((line) => plainText(line.text)).join('\n');

  return (
    <div className="log">
      <div className="log-bar">
        <TextInput
          ref={search}
          size="xs"
          className="log-search"
          leftSection={<Icon name="search" size={13} />}
          placeholder={t('log.search')}
          aria-label={t('log.search')}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
          }}
        />
        {query !== '' && (
          <span className="num" role="status">
            {hits.length > 0
              ? t('log.matches', { n: `${hits.length}${found.data?.more ? '+' : ''}` })
              : found.isFetching
                ? '…'
                : t('log.no_match')}
          </span>
        )}
        <button
          type="button"
          className="icon-button"
          aria-label={t('log.previous')}
          disabled={hits.length === 0}
          onClick={() => step(-1)}
        >
          <Icon name="up" size={13} />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={t('log.next')}
          disabled={hits.length === 0}
          onClick={() => step(1)}
        >
          <Icon name="down" size={13} />
        </button>
        <span className="grow" />
        <Tooltip label={t('log.wrap')}>
          <button
            type="button"
            className="icon-button"
            aria-pressed={wrap}
            aria-label={t('log.wrap')}
            onClick={() => setWrap(!wrap)}
          >
            <Icon name="wrap" size={14} />
          </button>
        </Tooltip>
        <CopyButton value={whole}>
          {({ copied, copy }) => (
            <button
              type="button"
              className="icon-button"
              aria-label={t(copied ? 'view.copied' : 'log.copy')}
              onClick={copy}
            >
              {copied ? '✓' : <Icon name="copy" size={14} />}
            </button>
          )}
        </CopyButton>
        <a
          className="icon-button"
          aria-label={t('log.download')}
          href={urlOf('/api/v1/runs/{run}/jobs/{job}/logs', place, { attempt: props.attempt })}
          download={`${props.runName.replace('#', '-')}-${props.job}-${props.attempt}.log`}
        >
          <Icon name="download" size={14} />
        </a>
      </div>
      <div className="log-bar">
        <SegmentedControl
          size="xs"
          value={level}
          onChange={(value) => setLevel(value as Level)}
          data={[
            { value: 'all', label: t('log.all') },
            { value: 'warnings', label: t('log.warnings') },
            { value: 'errors', label: t('log.errors') },
          ]}
          aria-label={t('log.severity')}
        />
        {props.attempts.length > 1 && (
          <Select
            size="xs"
            className="log-attempt"
            aria-label={t('log.attempt')}
            value={String(props.attempt)}
            data={props.attempts
              .toReversed()
              .map((n) => ({ value: String(n), label: t('run.attempt_n', { n }) }))}
            onChange={(value) => value && props.onAttempt(Number(value))}
            allowDeselect={false}
          />
        )}
        <span className="grow" />
        <span className="muted num">
          {t('log.lines', { n: window.total })} ·{' '}
          {t(window.complete ? 'log.ended' : 'log.following')}
        </span>
        {!window.complete && (
          <Switch
            size="xs"
            label={t('log.follow')}
            checked={follow}
            onChange={(event) => (event.currentTarget.checked ? void goToEnd() : setFollow(false))}
          />
        )}
      </div>
      {window.dropped > 0 && (
        <p className="note">{t('log.dropped', { size: bytesText(window.dropped) })}</p>
      )}
      {begin > 1 && (
        <p className="log-more num">
          {t('log.first_part', { n: begin })}{' '}
          <button
            type="button"
            className="link-button"
            onClick={() => void loadFrom(Math.max(1, begin - 1000), Math.min(1000, begin - 1))}
          >
            {t('log.load_earlier')}
          </button>
        </p>
      )}
      {lines.length === 0 ? (
        <Empty
          title={t(
            window.lines.length > 0
              ? 'log.hidden'
              : window.complete
                ? 'log.empty'
                : 'log.empty_running',
          )}
        />
      ) : (
        <div
          ref={scroller}
          className="log-lines"
          data-wrap={wrap || undefined}
          role="log"
          tabIndex={0}
          aria-live="off"
          aria-label={t('run.log')}
          aria-description={t('log.keys')}
          onKeyDown={onKey}
          onWheel={(event) => {
            if (event.deltaY < 0) setFollow(false);
          }}
        >
          <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {virtual.getVirtualItems().map((item) => {
              const line = lines[item.index]!;
              const inLink =
                props.marked !== null && line.n >= props.marked.from && line.n <= props.marked.to;
              return (
                <div
                  key={line.n}
                  ref={wrap ? virtual.measureElement : undefined}
                  data-index={item.index}
                  style={{
                    position: 'absolute',
                    top: 0,
                    left: 0,
                    minWidth: '100%',
                    ...(wrap ? { width: '100%' } : {}),
                    transform: `translateY(${item.start}px)`,
                  }}
                >
                  <LogRow
                    line={line}
                    query={query}
                    current={line.n === current || inLink}
                    onMark={props.onMark}
                  />
                </div>
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
}
