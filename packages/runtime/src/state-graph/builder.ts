import { RuntimeError } from '../errors.js';
import { StateGraphEngine, type CompileOptions } from './engine.js';
import type { StateFields } from './fields.js';
import type { NodeFunction, NodeObject, NodeOptions, RouterFunction, SubgraphMemory } from './node-types.js';
import { checkOptions, COMPILE_OPTIONS, NODE_OPTIONS } from './options.js';
import { nodePart, objectPart, PARTS, type GraphParts, type HasParts } from './parts.js';

/** What a graph begins with: its state. */
export interface StateGraphOptions<F extends StateFields, O extends keyof F & string = keyof F & string> {
  /** For drawings. */
  name?: string | undefined;
  /** The fields of the state, made with `field`. */
  state: F;
  /** The fields that an input may write. Default: all. */
  input?: readonly (keyof F & string)[] | undefined;
  /** The fields that a run shows. Default: all. */
  output?: readonly O[] | undefined;
}

/** A graph that is being built: nodes over a common state, and the edges between them. `compile()` checks it. */
export class StateGraph<F extends StateFields = any, O extends keyof F & string = keyof F & string> implements HasParts {
  /** @internal */
  readonly [PARTS]: GraphParts;

  constructor({ name, state, input, output }: StateGraphOptions<F, O>) {
    if (typeof state !== 'object' || state === null) {
      throw new RuntimeError('INVALID_GRAPH', 'the graph has no `state`. Give its fields: `{ state: { notes: field.append() } }`');
    }
    this[PARTS] = { name, state, input, output, nodes: [], edges: [], conditional: [], defaults: {} };
  }

  /** Adds a node: an object with `name` and `execute`. */
  addNode(node: NodeObject<F>): this;
  /** Adds a node: a function, also asynchronous. */
  addNode(name: string, node: NodeFunction<F>, options?: NodeOptions<F>): this;
  /** Adds a graph as a node. It shares the fields that have the same names here and there. */
  addNode(name: string, graph: HasParts, options?: NodeOptions<F> & { memory?: SubgraphMemory | undefined }): this;
  addNode(
    first: string | NodeObject<F>,
    work?: NodeFunction<F> | HasParts,
    options: NodeOptions<F> & { memory?: SubgraphMemory | undefined } = {},
  ): this {
    this[PARTS].nodes.push(typeof first === 'string' ? nodePart(first, work, options) : objectPart(first as NodeObject));
    return this;
  }

  /**
   * Leads from one node to another, from `START` or to `END`. A list of sources is a join: the target runs when all of them are
   * through, or with `reached` all that were taken.
   */
  addEdge(from: string | readonly string[], to: string, options: { join?: 'all' | 'reached' } = {}): this {
    this[PARTS].edges.push(options.join === undefined ? { from, to } : { from, to, join: options.join });
    return this;
  }

  /**
   * Leads on from a node to where a function chooses. `targets` names where it may lead, as a list or by labels that the function
   * gives. Default: every node, and `END`.
   */
  addConditionalEdges(from: string, router: RouterFunction<F>, targets?: readonly string[] | Readonly<Record<string, string>>): this {
    this[PARTS].conditional.push({ from, router, targets });
    return this;
  }

  /** Leads through nodes one behind the other. */
  addSequence(names: readonly string[]): this {
    for (let i = 1; i < names.length; i++) this.addEdge(names[i - 1]!, names[i]!);
    return this;
  }

  /** Options for all nodes that do not say otherwise. */
  setNodeDefaults(options: NodeOptions<F>): this {
    checkOptions('the defaults of nodes', options, NODE_OPTIONS);
    Object.assign(this[PARTS].defaults, options);
    return this;
  }

  /** Checks the graph and makes an engine of it. Nodes and edges that are added later are not in it. */
  compile(options: CompileOptions = {}): StateGraphEngine<F, O> {
    checkOptions('`compile`', options, COMPILE_OPTIONS);
    const { nodes, edges, conditional, defaults, ...rest } = this[PARTS];
    const parts: GraphParts = { ...rest, nodes: [...nodes], edges: [...edges], conditional: [...conditional], defaults: { ...defaults } };
    return new StateGraphEngine<F, O>({ ...options, graph: { [PARTS]: parts } });
  }
}
