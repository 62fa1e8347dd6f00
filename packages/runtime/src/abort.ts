/**
 * Joins several abort signals by hand. `AbortSignal.any` would keep the joined signal alive as long as the host's own, which
 * may live as long as the process; here the listeners are removed when the run ends.
 */
export class AbortBridge {
  readonly #signals: AbortSignal[];
  #listener: (() => void) | undefined;

  constructor(...signals: (AbortSignal | null | undefined)[]) {
    this.#signals = signals.filter((signal, i): signal is AbortSignal => signal != null && signals.indexOf(signal) === i);
  }

  /** Whether one of the signals has fired. */
  get aborted(): boolean {
    return this.#signals.some((signal) => signal.aborted);
  }

  /** The reason of the first signal that fired. */
  get reason(): unknown {
    return this.#signals.find((signal) => signal.aborted)?.reason;
  }

  /** Calls `onAbort` once: at once if a signal has fired already, else when one does. */
  listen(onAbort: (reason: unknown) => void): void {
    const listener = (): void => {
      this.release();
      onAbort(this.reason);
    };
    this.#listener = listener;
    if (this.aborted) listener();
    else for (const signal of this.#signals) signal.addEventListener('abort', listener);
  }

  /** Removes the listeners. Idempotent. */
  release(): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    this.#listener = undefined;
    for (const signal of this.#signals) signal.removeEventListener('abort', listener);
  }
}
