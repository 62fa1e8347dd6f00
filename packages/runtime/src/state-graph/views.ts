import { inspect } from 'node:util';
import type { LateList } from './growing-list.js';
import type { GraphShape } from './shape.js';

/** A state as nodes see it. */
export type StateView = Readonly<Record<string, any>>;

/** The lists of a view that are made when they are read, by field. */
const LATE = Symbol('late lists');

/** Whoever prints a view shall see the lists, and not that they are made by a getter. */
const PRINTED: PropertyDescriptor = {
  value(this: StateView): unknown {
    return { ...this };
  },
};

/** How a field with a late list is defined; the same for all views of a shape, so that the engine sees one kind of object. */
const definitions = new WeakMap<GraphShape, Map<string, PropertyDescriptor>>();

/**
 * Some fields of a state as a frozen object. Long lists are copied when they are read for the first time: a node that does not look
 * at a conversation does not pay for its length.
 */
export function viewOf(shape: GraphShape, names: readonly string[], values: StateView, late: ReadonlyMap<string, LateList>): StateView {
  const view: Record<string, unknown> = {};
  for (const name of names) {
    if (late.has(name)) Object.defineProperty(view, name, definition(shape, name));
    else if (name in values) view[name] = values[name];
  }
  if (late.size > 0) {
    Object.defineProperty(view, LATE, { value: late });
    Object.defineProperty(view, inspect.custom, PRINTED);
  }
  return Object.freeze(view);
}

function definition(shape: GraphShape, name: string): PropertyDescriptor {
  let ofShape = definitions.get(shape);
  if (ofShape === undefined) definitions.set(shape, (ofShape = new Map()));
  let made = ofShape.get(name);
  if (made === undefined) {
    made = {
      enumerable: true,
      get(this: { [LATE]: ReadonlyMap<string, LateList> }): unknown {
        return this[LATE].get(name)!.items;
      },
    };
    ofShape.set(name, made);
  }
  return made;
}

/** Some fields of a state, in plain members. */
export function pick(view: StateView, fields: readonly string[]): StateView {
  const picked: Record<string, unknown> = {};
  for (const field of fields) if (field in view) picked[field] = view[field];
  return Object.freeze(picked);
}
