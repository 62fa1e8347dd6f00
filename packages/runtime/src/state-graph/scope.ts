import { frozen } from './frozen.js';
import { GrowingList, LateList } from './growing-list.js';
import { revivedMessage } from './messages.js';
import type { SharedValues, ToldItems, ToldValue } from './shared-values.js';
import type { GraphShape } from './shape.js';
import { viewOf, type StateView } from './views.js';

/** What has become of one field since it was last told. */
export type FieldChange =
  | [field: string, change: 'set', value: ToldValue]
  | [field: string, change: 'clear']
  | [field: string, change: 'append', items: ToldItems]
  | [field: string, change: 'rewrite', items: ToldItems, keep: number];

const EMPTY: readonly never[] = Object.freeze([]);

const NONE: ReadonlyMap<string, LateList> = new Map();

/**
 * The state of one graph, kept up by what the engine tells of its changes. Nodes see it as a frozen object, which is made when the
 * first of them asks for it after a change, and is the same one for all until the next.
 */
export class ScopeState {
  readonly #shape: GraphShape;
  readonly #shared: SharedValues;
  /** What fields hold, in the order of the definition. Of a list that has grown since, it is what was last shown. */
  #values: Record<string, unknown> = {};
  readonly #growing = new Map<string, GrowingList>();
  /** The fields whose lists have grown since they were last shown. */
  readonly #grown = new Set<string>();
  #view: StateView | undefined;

  constructor(shape: GraphShape, shared: SharedValues) {
    this.#shape = shape;
    this.#shared = shared;
    for (const field of shape.lists) this.#values[field] = EMPTY;
  }

  /** The state, or some of its fields. */
  view(fields?: readonly string[]): StateView {
    if (fields !== undefined) return viewOf(this.#shape, fields, this.#values, this.#late());
    if (this.#view === undefined) {
      const late = this.#late();
      this.#view = late.size === 0 ? Object.freeze({ ...this.#values }) : viewOf(this.#shape, this.#shape.names, this.#values, late);
    }
    return this.#view;
  }

  /** The state in plain members, for who keeps it. */
  values(): StateView {
    const view = this.view();
    return this.#grown.size === 0 ? view : Object.freeze({ ...view });
  }

  apply(changes: readonly FieldChange[]): void {
    this.#view = undefined;
    let isNew = false;
    for (let i = 0; i < changes.length; i++) {
      const change = changes[i]!;
      const field = change[0];
      switch (change[1]) {
        case 'set':
          isNew ||= !(field in this.#values);
          this.#put(field, this.#shared.value(change[2]));
          break;
        case 'clear':
          if (this.#shape.lists.includes(field)) this.#put(field, EMPTY);
          else {
            this.#drop(field);
            delete this.#values[field];
          }
          break;
        case 'append':
          this.#grow(field, this.#list(field), change[2]);
          break;
        case 'rewrite':
          this.#list(field).cut(change[3]);
          this.#grow(field, this.#list(field), change[2]);
          break;
      }
    }
    if (isNew) this.#values = ordered(this.#values, this.#shape);
  }

  #put(field: string, value: unknown): void {
    this.#drop(field);
    this.#values[field] = value;
  }

  #drop(field: string): void {
    this.#growing.delete(field);
    this.#grown.delete(field);
  }

  #grow(field: string, list: GrowingList, told: ToldItems): void {
    list.grow((items) => this.#shared.items(told, items, this.#shape.messages.has(field) ? revivedMessage : frozen));
    this.#grown.add(field);
  }

  #list(field: string): GrowingList {
    let list = this.#growing.get(field);
    if (list === undefined) this.#growing.set(field, (list = new GrowingList(this.#values[field])));
    return list;
  }

  /** Shows the lists that have grown: the short ones as they are, the others when they are read. */
  #late(): ReadonlyMap<string, LateList> {
    let late: Map<string, LateList> | undefined;
    for (const field of this.#grown) {
      const shown = this.#growing.get(field)!.show();
      if (shown instanceof LateList) {
        (late ??= new Map()).set(field, shown);
      } else {
        this.#values[field] = shown;
        this.#grown.delete(field);
      }
    }
    return late ?? NONE;
  }
}

/** The fields in the order of the definition, so that a state is printed as it was written. */
function ordered(values: Record<string, unknown>, { names }: GraphShape): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name of names) if (name in values) result[name] = values[name];
  return result;
}
