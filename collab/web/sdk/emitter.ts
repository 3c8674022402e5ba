/** Something to watch: the shape that React's `useSyncExternalStore` wants. */
export class Watchable<State> {
  #state: State;
  readonly #watchers = new Set<() => void>();

  constructor(state: State) {
    this.#state = state;
  }

  readonly getState = (): State => this.#state;

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  protected set(state: State): void {
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher();
  }
}
