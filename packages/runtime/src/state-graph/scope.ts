import { revived } from './messages.js';
import type { GraphShape } from './shape.js';

/** How a state differs from what was told of it before. */
export interface StateDelta {
  set?: Record<string, unknown>;
  clear?: string[];
  append?: Record<string, unknown[]>;
  rewrite?: Record<string, { keep: number; items: unknown[] }>;
}

/** A state as nodes see it. */
export type StateView = Readonly<Record<string, any>>;

const EMPTY: readonly never[] = Object.freeze([]);

/**
 * The state of one graph, kept up by what the engine tells of its changes. Nodes see it as a frozen object, which is made when the
 * first of them asks for it after a change, and is the same one for all until the next.
 */
export class ScopeState {
  #shape: GraphShape | undefined;
  /** What came before the shape was known. */
  #early: StateDelta[] = [];
  #values: Record<string, unknown> = {};
  /**
   * Lists that grow, by field: never shown, so that items can be put behind the others. What is shown is a frozen copy, since
   * copying is what engines do fastest.
   */
  readonly #growing = new Map<string, unknown[]>();
  readonly #grown = new Set<string>();
  #view: StateView | undefined;

  /** The shape may come later, with the first function that sees the state: what graph a scope is of only functions know. */
  constructor(shape?: GraphShape) {
    if (shape !== undefined) this.#begin(shape);
  }

  apply(delta: StateDelta): void {
    if (this.#shape === undefined) this.#early.push(delta);
    else this.#take(delta, this.#shape);
  }

  view(shape: GraphShape): StateView {
    if (this.#shape === undefined) this.#begin(shape);
    if (this.#view !== undefined) return this.#view;
    for (const field of this.#grown) this.#values[field] = Object.freeze(this.#growing.get(field)!.slice());
    this.#grown.clear();
    return (this.#view = Object.freeze({ ...this.#values }));
  }

  #begin(shape: GraphShape): void {
    this.#shape = shape;
    for (const field of shape.lists) this.#values[field] = EMPTY;
    for (const delta of this.#early) this.#take(delta, shape);
    this.#early = [];
  }

  #take({ set, clear, append, rewrite }: StateDelta, shape: GraphShape): void {
    this.#view = undefined;
    const { messages } = shape;
    if (set !== undefined) {
      let isNew = false;
      for (const field in set) {
        const value = set[field];
        isNew ||= !(field in this.#values);
        this.#growing.delete(field);
        this.#grown.delete(field);
        if (Array.isArray(value)) {
          if (messages.has(field)) revived(value);
          Object.freeze(value);
        }
        this.#values[field] = value;
      }
      if (isNew) this.#values = ordered(this.#values, shape);
    }
    if (append !== undefined) {
      for (const field in append) {
        const items = append[field]!;
        this.#grow(field, messages.has(field) ? revived(items) : items);
      }
    }
    if (rewrite !== undefined) {
      for (const field in rewrite) {
        const { keep, items } = rewrite[field]!;
        this.#list(field).length = keep;
        this.#grow(field, messages.has(field) ? revived(items) : items);
      }
    }
    if (clear !== undefined) {
      for (const field of clear) {
        this.#growing.delete(field);
        this.#grown.delete(field);
        if (shape.lists.includes(field)) this.#values[field] = EMPTY;
        else delete this.#values[field];
      }
    }
  }

  #grow(field: string, items: unknown[]): void {
    const list = this.#list(field);
    for (let i = 0; i < items.length; i++) list.push(items[i]);
    this.#grown.add(field);
  }

  #list(field: string): unknown[] {
    let list = this.#growing.get(field);
    if (list === undefined) {
      const held = this.#values[field];
      // A copy by spreading: `slice` of a frozen list is slow.
      list = Array.isArray(held) ? [...(held as unknown[])] : [];
      this.#growing.set(field, list);
    }
    return list;
  }
}

/** The fields in the order of the definition, so that a state is printed as it was written. */
function ordered(values: Record<string, unknown>, { names }: GraphShape): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name of names) if (name in values) result[name] = values[name];
  return result;
}

/** Some fields of a state. */
export function pick(view: StateView, fields: readonly string[]): StateView {
  const picked: Record<string, unknown> = {};
  for (const field of fields) if (field in view) picked[field] = view[field];
  return Object.freeze(picked);
}
