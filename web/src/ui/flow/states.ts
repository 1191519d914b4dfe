import { useSyncExternalStore } from 'react';

/** States of jobs outside of React's tree: a change draws only the blocks it is about. */
export class StateStore {
  private states = new Map<string, string>();
  private watchers = new Map<string, Set<() => void>>();
  private all = new Set<() => void>();
  private version = 0;

  /** Takes the states as they are now and tells those whose job has changed. */
  update(entries: Iterable<readonly [string, string]>): void {
    const changed: string[] = [];
    for (const [job, state] of entries) {
      if (this.states.get(job) === state) continue;
      this.states.set(job, state);
      changed.push(job);
    }
    if (changed.length === 0) return;
    this.version += 1;
    for (const job of changed) for (const watcher of this.watchers.get(job) ?? []) watcher();
    for (const watcher of this.all) watcher();
  }

  get(job: string): string {
    return this.states.get(job) ?? 'planned';
  }

  watch(job: string, watcher: () => void): () => void {
    const set = this.watchers.get(job) ?? new Set();
    set.add(watcher);
    this.watchers.set(job, set);
    return () => set.delete(watcher);
  }

  watchAll(watcher: () => void): () => void {
    this.all.add(watcher);
    return () => this.all.delete(watcher);
  }

  current(): number {
    return this.version;
  }
}

export function useJobState(store: StateStore, job: string): string {
  return useSyncExternalStore(
    (watcher) => store.watch(job, watcher),
    () => store.get(job),
  );
}

/** Changes whenever any state does. */
export function useAllStates(store: StateStore): number {
  return useSyncExternalStore(
    (watcher) => store.watchAll(watcher),
    () => store.current(),
  );
}
