import { RuntimeError } from '../errors.js';
import type { StateFields } from './fields.js';
import { checkMembers, checkOptions, NODE_OPTIONS } from './options.js';
import type { NodeFunction, NodeObject, NodeOptions, RouterFunction, SubgraphMemory } from './node-types.js';

/** What the host gives to all functions of a graph. */
export interface Surroundings {
  /** In `context.client`. */
  client?: any;
  /** In `context.tools`. */
  tools?: any;
  /** In `context.handlers`. */
  handlers?: any;
  /** In `context.config`, under the run's own. */
  config?: Record<string, any> | undefined;
}

/** What is said about a graph when it is compiled. */
export interface GraphOptions extends Surroundings {
  /** Stop before these nodes; `*`: before all. */
  interruptBefore?: readonly string[] | '*' | undefined;
  /** Stop after these nodes; `*`: after all. */
  interruptAfter?: readonly string[] | '*' | undefined;
  /**
   * `supersteps` (default): all nodes of a step are through before the next begins. `dataflow`: a branch goes on as soon as its own
   * inputs are there.
   */
  execution?: 'supersteps' | 'dataflow' | undefined;
}

/** A node as it was added. */
export interface NodePart {
  name: string;
  options: NodeOptions;
  work: { node: Pick<NodeObject, 'execute' | 'shouldExecute' | 'next'> } | { graph: GraphParts; memory: SubgraphMemory | undefined };
}

/** A conditional edge as it was added. */
export interface ConditionalPart {
  from: string;
  router: RouterFunction;
  targets: readonly string[] | Readonly<Record<string, string>> | undefined;
}

/** All that was said about a graph. */
export interface GraphParts extends GraphOptions {
  name: string | undefined;
  state: StateFields;
  input: readonly string[] | undefined;
  output: readonly string[] | undefined;
  nodes: NodePart[];
  edges: { from: string | readonly string[]; to: string; join?: 'all' | 'reached' | undefined }[];
  conditional: ConditionalPart[];
  defaults: NodeOptions;
}

/** Where graphs and engines hold their parts, so that they can be nodes of others. */
export const PARTS: unique symbol = Symbol.for('@moss/runtime state-graph parts');

/** A graph that can be a node of another. */
export interface HasParts {
  /** @internal */
  readonly [PARTS]: GraphParts;
}

/** A node from what the host gave: a function, an object with `execute`, or a graph. */
export function nodePart(name: string, work: unknown, options: NodeOptions & { memory?: SubgraphMemory | undefined }): NodePart {
  const { memory, ...rest } = options;
  checkOptions(`node \`${name}\``, options, NODE_OPTIONS);
  if (typeof work === 'function') return { name, options: rest, work: { node: { execute: work as NodeFunction } } };
  if (typeof work === 'object' && work !== null) {
    const graph = (work as Partial<HasParts>)[PARTS];
    if (graph !== undefined) return { name, options: rest, work: { graph, memory } };
    if (typeof (work as { execute?: unknown }).execute === 'function') return { name, options: rest, work: { node: work as NodeObject } };
  }
  throw new RuntimeError(
    'INVALID_NODE',
    `node \`${name}\` is neither a function, nor an object with \`execute\`, nor a graph. Give one of them`,
  );
}

/** A node object's options and its functions, apart. */
export function objectPart(node: NodeObject): NodePart {
  if (typeof node !== 'object' || node === null || typeof node.name !== 'string') {
    throw new RuntimeError('INVALID_NODE', 'a node has no name. Give `{ name, execute(state, context) }`, or a name and a function');
  }
  checkMembers(`node \`${node.name}\``, node, NODE_OPTIONS);
  const { ends, defer, retry, timeout, cache, errorHandler, input, metadata } = node;
  return nodePart(node.name, node, { ends, defer, retry, timeout, cache, errorHandler, input, metadata });
}

/** The options that hold for a node: its own, and under them the graph's defaults. */
export function optionsOf(part: NodePart, defaults: NodeOptions): NodeOptions {
  const own = Object.fromEntries(Object.entries(part.options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...own, metadata: { ...defaults.metadata, ...part.options.metadata } };
}
