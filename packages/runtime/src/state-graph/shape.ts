import type { StateFields } from './fields.js';

/** What JavaScript has to know of a graph's state to show it to nodes: which of its fields are lists, and which are messages. */
export class GraphShape {
  /** Fields of messages, in the engine as flat JSON, in nodes as LangChain's objects. */
  readonly messages: ReadonlySet<string>;
  /** All fields, in the order in which they were given. */
  readonly names: readonly string[];
  /** Fields that are lists, and there before anything is written. */
  readonly lists: readonly string[];
  /** The fields that a run shows; undefined: all. */
  readonly output: readonly string[] | undefined;
  /** Shapes of the graphs inside, by the names of their nodes. */
  readonly inner: Map<string, GraphShape> = new Map();
  /** The shape of the graph around this one. */
  readonly outer: GraphShape | undefined;

  constructor(fields: StateFields, output?: readonly string[], outer?: GraphShape) {
    this.outer = outer;
    const entries = Object.entries(fields);
    this.names = entries.map(([name]) => name);
    this.messages = new Set(entries.filter(([, { definition }]) => definition.reducer === 'messages').map(([name]) => name));
    this.lists = entries.filter(([, { definition }]) => LISTS.has(definition.reducer)).map(([name]) => name);
    this.output = output;
  }

  /** The shape of the graph with a namespace such as `a:1|b:2`, counted from this one; this one where it is not known. */
  at(namespace: string): GraphShape {
    if (namespace === '') return this;
    let shape: GraphShape = this;
    for (const task of namespace.split('|')) {
      const inner = shape.inner.get(task.split(':', 1)[0]!);
      if (inner !== undefined) shape = inner;
    }
    return shape;
  }
}

const LISTS = new Set(['append', 'messages', 'topic']);
