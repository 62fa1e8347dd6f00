import type { BaseMessage } from '@langchain/core/messages';
import { AbortBridge } from './abort.js';
import { contextJson, readConfig, scalarMembers } from './config.js';
import { processDispatcher, type Dispatcher } from './dispatcher.js';
import { AbortError, errorFromJson, RuntimeError, type ErrorJson } from './errors.js';
import { GraphEvents } from './events.js';
import { Graph } from './graph.js';
import { HandlerRegistry } from './handlers.js';
import { messageFromFlat, messagesToJson, type FlatMessage } from './messages.js';
import { RunChannel } from './run-channel.js';
import { ToolCalls } from './tool-calls.js';
import type { ToolTable } from './tools.js';
import type { ProcessStreamConfig, ProcessStreamOptions, RunConfig, RunInput } from './types/config.js';
import type { MessageContentComplex } from './types/content.js';

/** How a run ended, as the engine tells it. */
type Outcome =
  | { ok: true; content: MessageContentComplex[] | null; messages: FlatMessage[] }
  | { ok: false; error: ErrorJson };

/** Frees the native side of runtimes that nobody holds any more. */
const abandoned = new FinalizationRegistry<{ dispatcher: Dispatcher; run: number }>(({ dispatcher, run }) => {
  dispatcher.native.dropRun(run);
});

/**
 * Runs an agent: calls the model, executes tools, sends events to handlers. One object can process several inputs, one after the
 * other. The public members are the host's to read and, when it is done with the runtime, to set to null.
 */
export class AgentRuntime {
  /** The run's id. */
  id: string;
  /** The state of the run as hosts see it. */
  Graph: Graph | undefined;
  /** There for hosts that clear it; always undefined. */
  graphRunnable: unknown;
  handlerRegistry: HandlerRegistry | undefined;
  indexTokenCountMap: Record<string, number> | undefined;
  tokenCounter: RunConfig['tokenCounter'];
  returnContent: boolean;
  calibrationRatio: number;

  readonly #dispatcher: Dispatcher;
  readonly #run: number;
  readonly #runId: string;
  readonly #graph: Graph;
  readonly #handlers: HandlerRegistry;
  readonly #tools: ToolTable;
  readonly #signal: AbortSignal | undefined;
  readonly #skipCleanup: boolean;
  #state: 'ready' | 'running' | 'disposed' = 'ready';
  #runMessages: BaseMessage[] = [];

  private constructor(config: RunConfig, dispatcher: Dispatcher) {
    const handlers = HandlerRegistry.from(config?.customHandlers);
    // The graph keeps a record of steps, whether the host wants to hear of them or not.
    const wants = [...new Set([...handlers.events(), GraphEvents.ON_RUN_STEP])];
    const { json, tools, agents, signal } = readConfig(config, wants);
    this.#run = dispatcher.createRun(json);
    this.#dispatcher = dispatcher;
    this.#runId = config.runId;
    this.#handlers = handlers;
    this.#tools = tools;
    this.#signal = signal;
    this.#graph = new Graph(config.runId, agents, signal);
    this.#skipCleanup = config.skipCleanup === true;
    this.id = config.runId;
    this.Graph = this.#graph;
    this.handlerRegistry = handlers;
    this.indexTokenCountMap = config.indexTokenCountMap;
    this.tokenCounter = config.tokenCounter;
    this.returnContent = config.returnContent === true;
    this.calibrationRatio = config.calibrationRatio !== undefined && config.calibrationRatio > 0 ? config.calibrationRatio : 1;
    abandoned.register(this, { dispatcher, run: this.#run }, this);
  }

  /**
   * Checks a configuration and makes a runtime of it.
   *
   * @throws RuntimeError whose message says what is wrong: `Run ID not provided`, `Graph config not provided`,
   * `Unsupported LLM provider: …`, a tool without a name …
   */
  static async create(config: RunConfig): Promise<AgentRuntime> {
    return new AgentRuntime(config, processDispatcher());
  }

  /**
   * Runs the agent on `inputs.messages` until it is done. Handlers are awaited in order.
   *
   * Resolves with the run's content if `returnContent` was set, else with undefined. Rejects with the provider's error, with the
   * error that a handler threw, or with an `AbortError` after `config.signal` or `graphConfig.signal` fired.
   */
  async processStream(
    inputs: RunInput,
    config: ProcessStreamConfig = {},
    options: ProcessStreamOptions = {},
  ): Promise<MessageContentComplex[] | undefined> {
    this.#checkReady();
    const abort = new AbortBridge(this.#signal, config.signal);
    this.#runMessages = [];
    if (abort.aborted) throw new AbortError(abort.reason);
    const configurable = { ...config.configurable, run_id: this.#runId };
    const keepContent = options.keepContent === true;
    const input = inputJson(inputs, configurable, config, keepContent);

    const graph = this.#graph;
    const { native } = this.#dispatcher;
    const tools = new ToolCalls({
      native,
      run: this.#run,
      tools: this.#tools,
      graph,
      callbacks: options.callbacks ?? {},
      configurable,
      metadata: { ...scalarMembers(configurable), ...config.metadata },
    });
    const channel = new RunChannel({ native, run: this.#run, graph, handlers: this.#handlers, tools });
    this.#state = 'running';
    graph.resetValues(keepContent);
    this.#dispatcher.open(this.#run, channel);
    abort.listen((reason) => channel.abort(reason));
    try {
      const outcome = JSON.parse(await native.processRun(this.#run, input)) as Outcome;
      await channel.idle();
      if (!outcome.ok) throw failure(outcome.error, channel, abort);
      this.#runMessages = outcome.messages.map(
        (flat) => (flat.type === 'tool' && tools.messageOf(flat['tool_call_id'])) || messageFromFlat(flat),
      );
      graph.messages = this.#runMessages;
      graph.content = outcome.content ?? undefined;
      return this.returnContent ? graph.content : undefined;
    } finally {
      abort.release();
      this.#dispatcher.close(this.#run);
      tools.close(new AbortError());
      if (!this.#skipCleanup) graph.clearHeavyState();
      this.#settle();
    }
  }

  /** Messages that the last `processStream` added, as LangChain objects; `[]` after an error. */
  getRunMessages(): BaseMessage[] {
    return this.#runMessages;
  }

  /** The question that the run has stopped at; undefined while interrupts are not supported. */
  getInterrupt<T = unknown>(): T | undefined {
    return undefined;
  }

  /** Why the run was halted before its end; undefined when it was not. */
  getHaltReason(): string | undefined {
    return undefined;
  }

  /** Provider-counted tokens per estimated token. */
  getCalibrationRatio(): number {
    return this.calibrationRatio;
  }

  /** Names of tools that the run has discovered. */
  getDiscoveredTools(_agentId?: string): string[] {
    return [];
  }

  /** Frees the native side at once, instead of when the object is collected. A run that is going on ends first. Idempotent. */
  dispose(): void {
    if (this.#state === 'disposed') return;
    const running = this.#state === 'running';
    this.#state = 'disposed';
    if (running) this.#dispatcher.native.cancelRun(this.#run);
    else this.#drop();
  }

  #checkReady(): void {
    if (this.#state === 'running') {
      throw new RuntimeError(
        'RUN_IN_PROGRESS',
        `run \`${this.#runId}\` is still processing. Await the processStream call before this one, or create another runtime`,
      );
    }
    if (this.#state === 'disposed') throw new RuntimeError('RUN_DISPOSED', `run \`${this.#runId}\` was disposed. Create another runtime`);
  }

  #settle(): void {
    if (this.#state === 'disposed') this.#drop();
    else this.#state = 'ready';
  }

  #drop(): void {
    abandoned.unregister(this);
    this.#dispatcher.native.dropRun(this.#run);
  }
}

function inputJson(inputs: RunInput, configurable: object, config: ProcessStreamConfig, keepContent: boolean): string {
  const fields = [
    `"messages":${messagesToJson(inputs?.messages)}`,
    `"configurable":${contextJson(configurable)}`,
    `"metadata":${contextJson(config.metadata ?? {})}`,
    `"keepContent":${keepContent}`,
  ];
  if (config.recursionLimit !== undefined) fields.push(`"recursionLimit":${JSON.stringify(config.recursionLimit)}`);
  return `{${fields.join(',')}}`;
}

/** The error that the host sees: its own, where its own handler threw it. */
function failure(json: ErrorJson, channel: RunChannel, abort: AbortBridge): unknown {
  if (channel.broken !== undefined) return channel.broken;
  if (json.handler === true && channel.thrown !== undefined) return channel.thrown.error;
  if (json.name === 'AbortError') return new AbortError(abort.reason);
  return errorFromJson(json);
}
