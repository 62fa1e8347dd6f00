import { RuntimeError } from '../errors.js';
import { END } from './commands.js';
import type { FunctionEntry } from './functions.js';
import { flatMessages } from './messages.js';
import type { NodeContext, NodeObject, RetryPolicy } from './node-types.js';
import { optionsOf, type ConditionalPart, type GraphParts, type NodePart, type Surroundings } from './parts.js';
import { GraphShape } from './shape.js';
import { timeoutJson } from './writing.js';

type Members = Record<string, unknown>;

/** A graph for the engine, and what stays here. */
export interface Described {
  /** The definition, as the engine takes it. */
  definition: Members;
  /** The functions, by the numbers that the definition calls them by; those of graphs inside too. */
  functions: FunctionEntry[];
  shape: GraphShape;
}

/** Describes a graph, with the graphs inside. */
export function describeGraph(parts: GraphParts): Described {
  const functions: FunctionEntry[] = [];
  const { definition, shape } = new Describer(functions).describe(parts, {});
  return { definition, functions, shape };
}

class Describer {
  readonly #functions: FunctionEntry[];
  /** The graphs around the one that is being described. */
  readonly #around: GraphParts[] = [];

  constructor(functions: FunctionEntry[]) {
    this.#functions = functions;
  }

  describe(parts: GraphParts, outer: Surroundings, outerShape?: GraphShape): { definition: Members; shape: GraphShape } {
    if (this.#around.includes(parts)) {
      throw new RuntimeError('INVALID_GRAPH', 'a graph is a node of itself. Make another graph of it, or call it in a node');
    }
    this.#around.push(parts);
    const surroundings: Surroundings = {
      client: parts.client ?? outer.client,
      tools: parts.tools ?? outer.tools,
      handlers: parts.handlers ?? outer.handlers,
      config: parts.config === undefined ? outer.config : { ...outer.config, ...parts.config },
    };
    const shape = new GraphShape(parts.state, parts.output, outerShape);
    const scope = { parts, shape, surroundings };
    const targets = [...parts.nodes.map(({ name }) => name), END];
    const conditional = parts.conditional.map((edge) => this.#conditional(edge, scope, targets));
    const nodes = parts.nodes.map((part) => this.#node(part, scope, targets, conditional));
    const definition: Members = { version: 1, name: parts.name, state: this.#state(scope), nodes, edges: parts.edges, conditionalEdges: conditional };
    if (parts.interruptBefore !== undefined) definition['interruptBefore'] = parts.interruptBefore;
    if (parts.interruptAfter !== undefined) definition['interruptAfter'] = parts.interruptAfter;
    if (parts.execution !== undefined) definition['execution'] = parts.execution;
    this.#around.pop();
    return { definition, shape };
  }

  #add(entry: FunctionEntry): number {
    return this.#functions.push(entry) - 1;
  }

  #state({ parts, shape, surroundings }: Scope): Members {
    const fields: Members = {};
    for (const [name, field] of Object.entries(parts.state)) {
      const described: Members = { ...field.definition };
      if (described['default'] !== undefined && shape.messages.has(name)) described['default'] = flatMessages(described['default']);
      if (field.reduce !== undefined) described['fn'] = this.#add({ kind: 'reducer', name, shape, surroundings, reduce: field.reduce });
      fields[name] = described;
    }
    return { fields, input: parts.input, output: parts.output };
  }

  #conditional({ from, router, targets }: ConditionalPart, { shape, surroundings }: Scope, all: string[]): Members {
    if (typeof router !== 'function') throw new RuntimeError('INVALID_EDGE', `the router behind \`${from}\` is no function`);
    const labels = targets === undefined || isList(targets) ? undefined : targets;
    const names = targets === undefined ? all : isList(targets) ? [...targets] : [...new Set(Object.values(targets))];
    return { from, fn: this.#add({ kind: 'router', name: from, shape, surroundings, route: router, labels }), targets: names };
  }

  #node(part: NodePart, scope: Scope, all: string[], conditional: Members[]): Members {
    const { name, work } = part;
    const options = optionsOf(part, scope.parts.defaults);
    const { ends, defer, timeout, errorHandler, metadata, input } = options;
    const retries: readonly RetryPolicy[] = options.retry === undefined ? [] : isList(options.retry) ? options.retry : [options.retry];
    const { shape, surroundings } = scope;
    const described: Members = { name };
    if ('graph' in work) {
      const inner = this.describe(work.graph, surroundings, shape);
      shape.inner.set(name, inner.shape);
      described['subgraph'] = inner.definition;
      if (work.memory !== undefined) described['memory'] = work.memory;
    } else {
      const { node } = work;
      const idles = typeof timeout === 'object' && timeout.idleMs !== undefined && timeout.refresh !== 'heartbeat';
      described['fn'] = this.#add({ kind: 'node', name, shape, surroundings, execute: executed(node), input, retries, idles });
      if (node.next !== undefined) {
        const route = (state: any, context: any): unknown => node.next!(state, context);
        const targets = ends === undefined || ends === '*' ? all : [...ends];
        conditional.push({ from: name, fn: this.#add({ kind: 'router', name, shape, surroundings, route, labels: undefined }), targets });
      }
    }
    if (ends !== undefined) described['ends'] = ends;
    if (defer !== undefined) described['defer'] = defer;
    if (retries.length > 0) described['retry'] = retries.map(({ retryOn: _, ...policy }) => policy);
    if (timeout !== undefined) described['timeout'] = timeoutJson(timeout);
    if (errorHandler !== undefined) {
      described['errorHandler'] = this.#add({ kind: 'handler', name, shape, surroundings, handle: errorHandler, input });
    }
    if (options.cache) described['cache'] = { ...(options.cache === true ? {} : options.cache), ...cached(options.cache, input) };
    if (metadata !== undefined && Object.keys(metadata).length > 0) described['metadata'] = metadata;
    return described;
  }
}

/** What is shared by all that is described of one graph. */
interface Scope {
  parts: GraphParts;
  shape: GraphShape;
  surroundings: Surroundings;
}

/** The fields that a node's output depends on: those it says, or those it sees. */
function cached(cache: true | { fields?: readonly string[] }, input: readonly string[] | undefined): Members {
  const fields = cache === true ? input : (cache.fields ?? input);
  return fields === undefined ? {} : { fields };
}

/** A node's function, with what `shouldExecute` says before it. */
function executed(node: Pick<NodeObject, 'execute' | 'shouldExecute'>): (state: any, context: NodeContext) => unknown {
  const { execute } = node;
  if (node.shouldExecute === undefined) {
    // A plain function is called as it is; a method keeps its object.
    return Object.getPrototypeOf(node) === Object.prototype && Object.keys(node).length === 1 ? execute : (state, context) => node.execute(state, context);
  }
  return (state, context) => {
    const should: unknown = node.shouldExecute!(state, context);
    if (typeof should === 'object' && should !== null && 'then' in should) {
      return (should as Promise<boolean>).then((yes) => (yes ? node.execute(state, context) : undefined));
    }
    return should ? node.execute(state, context) : undefined;
  };
}

function isList<T>(value: unknown | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
