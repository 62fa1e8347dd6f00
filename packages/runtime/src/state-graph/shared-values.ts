import { isOverwrite } from './commands.js';
import { frozen } from './frozen.js';

/** A value that the engine tells for the first time, and that both sides know by this number from then on. */
interface TaughtValue {
  handle: number;
  value: unknown;
}

/** Items as the engine tells them: handles of values that are known here, lists of values without one, and values that get one. */
export type ToldItems = readonly (number | readonly unknown[] | TaughtValue)[];

/** A value as the engine tells it: by its handle, in brackets, with the handle that it gets, or as a list of such. */
export type ToldValue = number | readonly [value: unknown] | TaughtValue | { items: ToldItems };

/** A value as the engine is told of it, likewise. */
export type SaidValue = number | [value: unknown] | { items: (number | unknown[])[] } | { overwrite: SaidValue };

/**
 * The values that this side and the engine both hold, by number, for the length of a run: what a node got from the state, and hands
 * back, crosses as that number. The engine gives the handles, and takes them back when the run has no more use for a value.
 *
 * A value never changes under its handle: it is frozen to its depths when it gets one.
 */
export class SharedValues {
  // Most runs have no value that is worth a handle.
  #values: Map<number, unknown> | undefined;
  #handles: Map<unknown, number> | undefined;

  /** Whether no value is known. */
  get isEmpty(): boolean {
    return this.#handles === undefined || this.#handles.size === 0;
  }

  /** A value that the engine tells. */
  value(told: ToldValue): unknown {
    if (typeof told === 'number') return this.#known(told);
    if (isPlain(told)) return frozen(told[0]);
    if ('items' in told) {
      const list: unknown[] = [];
      this.items(told.items, list);
      return Object.freeze(list);
    }
    return this.#learn(told);
  }

  /** Puts items that the engine tells behind those of a list; `make` makes what is shown of those without a handle. */
  items(told: ToldItems, list: unknown[], make: (item: unknown) => unknown = frozen): void {
    for (let i = 0; i < told.length; i++) {
      const part = told[i]!;
      if (typeof part === 'number') list.push(this.#known(part));
      else if (isPlain(part)) for (let j = 0; j < part.length; j++) list.push(make(part[j]));
      else list.push(this.#learn(part));
    }
  }

  /** How the engine is told of a value by handles; undefined where neither it nor one of its items has one. */
  said(value: unknown): SaidValue | undefined {
    if (typeof value !== 'object' || value === null || this.isEmpty) return undefined;
    const handle = this.#handles!.get(value);
    if (handle !== undefined) return handle;
    if (Array.isArray(value)) return this.#saidItems(value as unknown[]);
    if (!isOverwrite(value)) return undefined;
    const overwrite = this.said(value.value);
    return overwrite === undefined ? undefined : { overwrite };
  }

  /** The engine has no more use for these. */
  release(handles: readonly number[]): void {
    for (const handle of handles) {
      this.#handles?.delete(this.#values?.get(handle));
      this.#values?.delete(handle);
    }
  }

  /** The run is over. */
  clear(): void {
    this.#values = undefined;
    this.#handles = undefined;
  }

  #known(handle: number): unknown {
    const value = this.#values?.get(handle);
    if (value === undefined) throw new Error(`the engine names the value ${handle}, which nobody told; this is a defect of MOSS`);
    return value;
  }

  #learn({ handle, value }: TaughtValue): unknown {
    frozen(value);
    (this.#values ??= new Map()).set(handle, value);
    (this.#handles ??= new Map()).set(value, handle);
    return value;
  }

  #saidItems(items: readonly unknown[]): SaidValue | undefined {
    const handles = this.#handles!;
    let said: (number | unknown[])[] | undefined;
    /** The items without a handle that stand last. */
    let plain: unknown[] | undefined;
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      const handle = typeof item === 'object' && item !== null ? handles.get(item) : undefined;
      if (handle !== undefined) {
        said ??= i === 0 ? [] : [items.slice(0, i)];
        said.push(handle);
        plain = undefined;
      } else if (said !== undefined) {
        if (plain === undefined) said.push((plain = []));
        plain.push(item);
      }
    }
    return said && { items: said };
  }
}

function isPlain<T extends readonly unknown[]>(told: T | number | object): told is T {
  return Array.isArray(told);
}
