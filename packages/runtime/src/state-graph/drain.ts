/** Asks the runs that were started with it to stop at the end of their superstep. A run that stops so can be gone on with. */
export class Drain {
  readonly #listeners = new Set<() => void>();
  #requested = false;

  /** Whether it was asked for. */
  get requested(): boolean {
    return this.#requested;
  }

  /** Asks. Runs that begin later with this drain stop before their first superstep. */
  request(): void {
    this.#requested = true;
    for (const listener of [...this.#listeners]) listener();
  }

  /** @internal Calls `listener` when it is asked for, until `unlisten`. */
  listen(listener: () => void): void {
    this.#listeners.add(listener);
    if (this.#requested) listener();
  }

  /** @internal */
  unlisten(listener: () => void): void {
    this.#listeners.delete(listener);
  }
}
