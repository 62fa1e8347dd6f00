import { processDispatcher, type Dispatcher } from '../dispatcher.js';
import { AbortError } from '../errors.js';
import { ModelClient } from '../model-client.js';
import type { LLMConfig } from '../types/config.js';
import type { Checkpointer } from './checkpointers.js';
import { START, type Command } from './commands.js';
import { describeGraph } from './definition.js';
import { answered } from './errors.js';
import type { StateFields, StateOf, UpdateOf } from './fields.js';
import type { FunctionEntry } from './functions.js';
import type { NodeFunction, NodeObject, NodeOptions, RouterFunction, SubgraphMemory } from './node-types.js';
import { GraphOperation, shown, type RawEvent } from './graph-operation.js';
import { jsonText } from './json-text.js';
import type { End } from './operation.js';
import { outcomeOf, type GraphOutcome, type GraphQuestion } from './outcome.js';
import { checkOptions, DEFINITION_MEMBERS, unknownRunOptions } from './options.js';
import { nodePart, objectPart, PARTS, type GraphOptions, type GraphParts, type HasParts } from './parts.js';
import {
  nodeConfig,
  requiredState,
  requiredThread,
  requiredWhole,
  runRequest,
  threadOf, type GraphRunConfig,
  type StateConfig,
  type StreamConfig,
  type StreamMode,
  type ThreadConfig,
} from './run-config.js';
import type { GraphShape } from './shape.js';
import { checkpointConfig, snapshotOf, type CheckpointConfig, type GraphSnapshot, type InnerConfig, type SnapshotJson } from './snapshots.js';
import { RunStream } from './stream.js';
import { streamEvent, type GraphStreamEvent } from './stream-events.js';
import { update } from './writing.js';

/** What is said about a graph when it is compiled, with where its threads are kept. */
export interface CompileOptions extends GraphOptions {
  /** For drawings. */
  name?: string | undefined;
  /** Keeps the threads. Without one a run leaves nothing behind, and cannot ask. */
  checkpointer?: Checkpointer | undefined;
  /**
   * A model for nodes: `context.client` is then a `ModelClient` with these options, the `tools` and the `instructions`, whose calls end
   * with the node, and whose pieces are told in the stream mode `messages`.
   */
  llmConfig?: LLMConfig | undefined;
  /** The model's system prompt. */
  instructions?: string | undefined;
}

/** A whole graph as one object. */
export interface GraphDefinition<F extends StateFields, O extends keyof F & string = keyof F & string> extends CompileOptions {
  state: F;
  /** The fields that an input may write. Default: all. */
  input?: readonly (keyof F & string)[] | undefined;
  /** The fields that a run shows. Default: all. */
  output?: readonly O[] | undefined;
  /** Objects with `execute`, functions with a name, or graphs with a name. */
  nodes: readonly (NodeObject<F> | NodeFunction<F> | (NodeOptions<F> & { name: string; graph: HasParts; memory?: SubgraphMemory | undefined }))[];
  /** From where to where; a list of sources is a join. */
  edges: readonly (readonly [from: string | readonly string[], to: string])[];
  conditionalEdges?:
    | readonly { from: string; router: RouterFunction<F>; targets?: readonly string[] | Readonly<Record<string, string>> | undefined }[]
    | undefined;
}

/** What a run begins with: fields, null to go on, or a command (an answer, fields, where to go). */
export type GraphInput<F extends StateFields> = UpdateOf<F> | Command | null;

/** The chunks of a stream, as LangGraph's: the payload, with its mode where several were asked for, with its namespace where graphs inside were. */
export type StreamChunk<M, S> = M extends readonly StreamMode[]
  ? S extends true
    ? [namespace: string[], mode: M[number], payload: any]
    : [mode: M[number], payload: any]
  : S extends true
    ? [namespace: string[], payload: any]
    : any;

/** Frees the native side of engines that nobody holds any more. */
const abandoned = new FinalizationRegistry<{ dispatcher: Dispatcher; graph: number }>(({ dispatcher, graph }) => {
  dispatcher.native.dropGraph(graph);
});

/** A graph that can be run, any number of times at once. Made by `graph.compile()`, or of a whole definition. */
export class StateGraphEngine<F extends StateFields = any, O extends keyof F & string = keyof F & string> implements HasParts {
  /** @internal */
  readonly [PARTS]: GraphParts;
  readonly #dispatcher: Dispatcher;
  readonly #graph: number;
  readonly #functions: readonly FunctionEntry[];
  readonly #shape: GraphShape;
  /** Held, so that it is not closed while the engine lives. */
  readonly checkpointer: Checkpointer | undefined;

  /**
   * Checks the graph.
   *
   * @throws GraphError `UNKNOWN_NODE`, `UNREACHABLE_NODE`, `DUPLICATE_NODE`, `MISSING_ENTRY_POINT` and others, whose message says
   * what is wrong and how to mend it.
   */
  constructor(definition: GraphDefinition<F, O> | (CompileOptions & { graph: HasParts })) {
    const { checkpointer, ...options } = definition;
    const parts = 'graph' in options ? compiled(options) : partsOf(options as GraphDefinition<F, O>);
    this[PARTS] = parts;
    this.checkpointer = checkpointer;
    this.#dispatcher = processDispatcher();
    const described = describeGraph(parts);
    this.#functions = described.functions;
    this.#shape = described.shape;
    const { native } = this.#dispatcher;
    this.#graph = answered<{ graph: number }>(native.createGraph(jsonText(described.definition), checkpointer?.store ?? 0)).graph;
    abandoned.register(this, { dispatcher: this.#dispatcher, graph: this.#graph });
  }

  /**
   * Runs the graph to its end, or to where it stops. Rejects with what a node threw, the very object; with an `AggregateError` where
   * several did; with a `GraphError` where the run itself failed; with an `AbortError` after `config.signal` fired.
   */
  async run(input: GraphInput<F>, config: GraphRunConfig = {}): Promise<GraphOutcome<Pick<StateOf<F>, O>>> {
    const operation = this.#start(input, config, undefined, undefined);
    operation.begin();
    return this.#outcome(operation, await operation.ended);
  }

  /**
   * Runs the graph as `run` does, and gives its values as LangGraph does: with `__interrupt__` where it asks, and with an empty one
   * where it stopped before or after a node.
   */
  async invoke(input: GraphInput<F>, config: GraphRunConfig = {}): Promise<Pick<StateOf<F>, O> & { __interrupt__?: GraphQuestion[] }> {
    const { values, ending, interrupts } = await this.run(input, config);
    const hasStopped = ending === 'interrupted' || ending === 'stoppedBefore' || ending === 'stoppedAfter';
    return hasStopped ? { ...values, __interrupt__: interrupts } : values;
  }

  /**
   * Runs the graph as its stream is read. What is told, `config.streamMode` says, one mode or a list; the shape of the chunks is
   * LangGraph's. Ending the loop early ends the run.
   */
  stream<const M extends StreamMode | readonly StreamMode[] = 'updates', const S extends boolean = false>(
    input: GraphInput<F>,
    config: StreamConfig<M> & { subgraphs?: S } = {},
  ): RunStream<StreamChunk<M, S>, GraphOutcome<Pick<StateOf<F>, O>>> {
    const isOne = !Array.isArray(config.streamMode);
    const { subgraphs } = config;
    return this.#stream(input, config, ({ namespace, mode, data }) => {
      if (isOne) return (subgraphs ? [namespace, data] : data) as StreamChunk<M, S>;
      return (subgraphs ? [namespace, mode, data] : [mode, data]) as StreamChunk<M, S>;
    });
  }

  /** Runs the graph as `stream` does, and tells events as objects, with their number, namespace and mode. */
  streamEvents(input: GraphInput<F>, config: StreamConfig = {}): RunStream<GraphStreamEvent, GraphOutcome<Pick<StateOf<F>, O>>> {
    return this.#stream(input, config, (event) => event);
  }

  /**
   * A thread at its last checkpoint, or at `config.checkpointId`; undefined when the thread is new. With `subgraphs`, the tasks have
   * the states of the graphs inside. With `config.namespace`, it is one of those: rejects with `UNKNOWN_NAMESPACE` where there is none.
   */
  async getState(config: StateConfig & { namespace: string }): Promise<GraphSnapshot<Record<string, any>, InnerConfig> | undefined>;
  async getState(config: StateConfig, options?: { subgraphs?: boolean }): Promise<GraphSnapshot<Pick<StateOf<F>, O>> | undefined>;
  async getState(config: StateConfig, options: { subgraphs?: boolean } = {}): Promise<GraphSnapshot<any> | undefined> {
    const named = requiredState(config);
    const [json] = await this.#snapshots('getState', { ...named, subgraphs: options.subgraphs });
    return json === undefined ? undefined : snapshotOf(json, named.thread, this.#shape, named.namespace);
  }

  /** The checkpoints of a thread, the newest first, as they are read. */
  async *getStateHistory(
    config: ThreadConfig,
    options: { limit?: number; before?: string | ThreadConfig; filter?: { source?: string; metadata?: Record<string, unknown> } } = {},
  ): AsyncGenerator<GraphSnapshot<Pick<StateOf<F>, O>>, void, void> {
    const { thread } = requiredWhole(config, 'getStateHistory');
    let before = typeof options.before === 'string' ? options.before : (options.before?.checkpointId ?? options.before?.configurable?.['checkpoint_id']);
    let left = options.limit ?? Infinity;
    while (left > 0) {
      const limit = Math.min(left, HISTORY_PAGE);
      const page = await this.#snapshots('history', { thread, limit, before, filter: options.filter });
      for (const json of page) yield snapshotOf(json, thread, this.#shape, undefined);
      if (page.length < limit) return;
      left -= page.length;
      before = page[page.length - 1]!.checkpoint;
    }
  }

  /**
   * Writes to a thread as a node does: its edges are followed. Without `asNode` it is the node that ran last; `END` ends what is under
   * way, `START` begins anew. Gives a configuration with the new checkpoint.
   *
   * With `config.namespace` it writes to a graph inside, which stopped in a task or remembers its state: its tasks that wait for
   * answers wait on, and see the update when they are answered.
   */
  async updateState(config: StateConfig & { namespace: string }, values: Record<string, any> | null | undefined, asNode?: string): Promise<InnerConfig>;
  async updateState(config: StateConfig, values: UpdateOf<F> | null | undefined, asNode?: string): Promise<CheckpointConfig>;
  async updateState(config: StateConfig, values: any, asNode?: string): Promise<any> {
    return this.bulkUpdateState(config, [[asNode === undefined ? { values } : { values, asNode }]]);
  }

  /** Several updates in a row: each list is one superstep. */
  async bulkUpdateState(
    config: StateConfig,
    supersteps: readonly (readonly { values?: UpdateOf<F> | null | undefined; asNode?: string | undefined }[])[],
  ): Promise<CheckpointConfig> {
    const named = requiredState(config);
    const shape = this.#shape.at(named.namespace ?? '');
    const written = supersteps.map((step) =>
      step.map(({ values, asNode }) => ({
        values: values === null || values === undefined ? null : update(values, shape, asNode ?? 'updateState'),
        asNode: asNode === START ? '__input__' : asNode,
      })),
    );
    return checkpointConfig(named.thread, await this.#ask<string>('updateState', { ...named, supersteps: written }), named.namespace);
  }

  /** Makes a checkpoint like `config.checkpointId`, from which the thread goes on another way. Gives a configuration with it. */
  async fork(config: ThreadConfig): Promise<CheckpointConfig> {
    const named = requiredWhole(config, 'fork');
    return checkpointConfig(named.thread, await this.#ask<string>('fork', { ...named }), undefined);
  }

  /** What changed from one checkpoint of a thread to another, by field. */
  async diff(config: ThreadConfig, from: string, to: string): Promise<Record<string, StateChange>> {
    return this.#ask('diff', { thread: requiredWhole(config, 'diff').thread, from, to });
  }

  /** A drawing of the graph, with the graphs inside: for Mermaid, for Graphviz, or to be read. */
  draw(format: 'mermaid' | 'dot' | 'text' = 'mermaid'): string {
    return answered<{ text: string }>(this.#dispatcher.native.drawGraph(this.#graph, format)).text;
  }

  #start(
    input: GraphInput<F>,
    config: GraphRunConfig,
    stream: { modes: readonly StreamMode[]; subgraphs: boolean } | undefined,
    onEvent: ((event: RawEvent) => void) | undefined,
  ): GraphOperation {
    if (config.signal?.aborted) throw new AbortError(config.signal.reason);
    // As LangGraph does: who keeps threads and names none would lose the run without a word.
    if (this.checkpointer !== undefined) requiredThread(config);
    for (const warning of unknownRunOptions(config)) this.#dispatcher.warn(warning);
    const request = { run: { ...runRequest(input, config, this.#shape), stream } };
    const { run } = answered<{ run: number }>(this.#dispatcher.native.startGraph(this.#graph, jsonText(request)));
    return this.#operation(run, config, stream && new Set(stream.modes), onEvent);
  }

  #operation(run: number, config?: GraphRunConfig, modes?: ReadonlySet<string>, onEvent?: (event: RawEvent) => void): GraphOperation {
    return new GraphOperation({
      dispatcher: this.#dispatcher,
      run,
      functions: this.#functions,
      shape: this.#shape,
      config: config && nodeConfig(config),
      signals: config?.signal && [config.signal],
      drain: config?.drain,
      modes,
      onEvent,
    });
  }

  #outcome(operation: GraphOperation, end: End): GraphOutcome<Pick<StateOf<F>, O>> {
    return outcomeOf(end, shown(operation.values, this.#shape));
  }

  #stream<Chunk>(
    input: GraphInput<F>,
    config: StreamConfig,
    shape: (event: GraphStreamEvent) => Chunk,
  ): RunStream<Chunk, GraphOutcome<Pick<StateOf<F>, O>>> {
    const { streamMode = 'updates', subgraphs = false } = config;
    const modes = (Array.isArray(streamMode) ? streamMode : [streamMode]) as readonly StreamMode[];
    const { thread } = threadOf(config);
    const read = (event: any): Chunk => shape(streamEvent(event, this.#shape, thread));
    return new RunStream<Chunk, GraphOutcome<Pick<StateOf<F>, O>>>(
      {
        begin: (push) => {
          let operation: GraphOperation;
          try {
            operation = this.#start(input, config, { modes, subgraphs }, push);
          } catch (error) {
            return { outcome: Promise.reject(error), took() {}, cancel() {} };
          }
          operation.begin();
          return {
            outcome: operation.ended.then((end) => this.#outcome(operation, end)),
            took: (events) => operation.answer(['took', events]),
            cancel: () => operation.abort(undefined),
          };
        },
      },
      read,
    );
  }

  /** An operation that is no run: its value. */
  async #ask<T>(name: string, request: Record<string, unknown>): Promise<T> {
    return this.#asking(name, request).value<T>();
  }

  /** An operation that looks at checkpoints: what is there. */
  async #snapshots(name: string, request: Record<string, unknown>): Promise<SnapshotJson[]> {
    const operation = this.#asking(name, request);
    const value = await operation.value<SnapshotJson | SnapshotJson[] | null>();
    const snapshots = Array.isArray(value) ? value : value === null ? [] : [value];
    operation.putStored(snapshots);
    return snapshots;
  }

  #asking(name: string, request: Record<string, unknown>): GraphOperation {
    const { run } = answered<{ run: number }>(this.#dispatcher.native.startGraph(this.#graph, jsonText({ [name]: request })));
    return this.#operation(run);
  }
}

/** What became of a field between two checkpoints. */
export type StateChange =
  | { change: 'added'; value: any }
  | { change: 'removed'; value: any }
  | { change: 'appended'; items: any[] }
  | { change: 'changed'; before: any; after: any };

/** How many checkpoints are read at a time. */
const HISTORY_PAGE = 50;

/** The parts of a graph with the options that it is compiled with. */
function compiled({ graph, ...options }: CompileOptions & { graph: HasParts }): GraphParts {
  const parts = graph[PARTS];
  return { ...parts, ...said(options), name: options.name ?? parts.name };
}

/** The parts that a whole definition says. */
function partsOf<F extends StateFields, O extends keyof F & string>(definition: GraphDefinition<F, O>): GraphParts {
  checkOptions('the definition', definition, DEFINITION_MEMBERS);
  const { name, state, input, output, nodes, edges, conditionalEdges } = definition;
  return {
    ...said(definition),
    name,
    state,
    input,
    output,
    nodes: nodes.map((node) => {
      if (typeof node === 'function') return nodePart(node.name, node, {});
      if ('graph' in node) {
        const { name: inner, graph, ...options } = node;
        return nodePart(inner, graph, options);
      }
      return objectPart(node as NodeObject);
    }),
    edges: edges.map(([from, to]) => ({ from, to })),
    conditional: (conditionalEdges ?? []).map(({ from, router, targets }) => ({ from, router, targets })),
    defaults: {},
  };
}

/** The options among what was given. */
function said({ interruptBefore, interruptAfter, execution, client, tools, handlers, config, llmConfig, instructions }: CompileOptions): GraphOptions {
  const model = client === undefined && llmConfig !== undefined ? new ModelClient(llmConfig, { tools, instructions }) : client;
  return { interruptBefore, interruptAfter, execution, client: model as unknown, tools, handlers, config };
}
