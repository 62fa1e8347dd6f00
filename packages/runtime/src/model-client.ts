import type { AIMessage, AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import { readConfig } from './config.js';
import { processDispatcher, type Dispatcher } from './dispatcher.js';
import { AbortError, errorFromJson, type ErrorJson } from './errors.js';
import { chunkFromFlat, messageFromFlat, messagesToJson, type FlatMessage } from './messages.js';
import { Operation } from './state-graph/operation.js';
import { RunStream } from './state-graph/stream.js';
import type { LLMConfig, PlainMessage } from './types/config.js';
import type { GenericTool } from './types/tool.js';

/** Messages for a model: LangChain's, or objects with `role` and `content`. */
export type ModelMessages = readonly (BaseMessage | PlainMessage)[];

/** What belongs to a model beside its client options. */
export interface ModelOptions {
  /** The system prompt. */
  instructions?: string | undefined;
  /** Tools that the model may call. None is run: the calls are in the answer. */
  tools?: readonly GenericTool[] | undefined;
}

/** What may be said of one call. */
export interface ModelCallOptions {
  /** Aborts the call. */
  signal?: AbortSignal | undefined;
}

/** A model that can be asked. */
export interface ModelAccess {
  /** Asks, and gives the whole answer. Rejects with the provider's error, or with an `AbortError`. */
  invoke(messages: ModelMessages, options?: ModelCallOptions): Promise<AIMessage>;
  /** Asks, and gives the answer piece by piece. Its `outcome` is the whole answer. Ending the loop early ends the call. */
  stream(messages: ModelMessages, options?: ModelCallOptions): RunStream<AIMessageChunk, AIMessage>;
}

/** The call of a node, as a model that is asked within it needs it. */
export interface ModelSurroundings {
  readonly signal: AbortSignal;
  readonly tellsMessages: boolean;
  writeMessage(chunk: unknown): Promise<void>;
}

/** Frees the native side of models that nobody holds any more. */
const abandoned = new FinalizationRegistry<{ dispatcher: Dispatcher; model: number }>(({ dispatcher, model }) => {
  dispatcher.native.dropModel(model);
});

/** A model to be asked by itself, by a node or anybody: the client of a provider over the native engine. */
export class ModelClient implements ModelAccess {
  readonly #dispatcher: Dispatcher;
  readonly #model: number;

  /**
   * Checks the configuration.
   *
   * @throws RuntimeError `UNKNOWN_PROVIDER`, `MISSING_API_KEY`, `INVALID_TOOL` and others.
   */
  constructor(llmConfig: LLMConfig, { instructions, tools }: ModelOptions = {}) {
    this.#dispatcher = processDispatcher();
    const { json } = readConfig({ runId: 'model', graphConfig: { llmConfig, tools, instructions } }, []);
    const answer = JSON.parse(this.#dispatcher.native.createModel(json)) as { ok: true; model: number } | { ok: false; error: ErrorJson };
    if (!answer.ok) throw errorFromJson(answer.error);
    this.#model = answer.model;
    abandoned.register(this, { dispatcher: this.#dispatcher, model: this.#model });
  }

  async invoke(messages: ModelMessages, options: ModelCallOptions = {}): Promise<AIMessage> {
    const stream = this.stream(messages, options);
    for await (const _ of stream);
    return stream.outcome;
  }

  stream(messages: ModelMessages, options: ModelCallOptions = {}): RunStream<AIMessageChunk, AIMessage> {
    return this.open(messages, [options.signal]);
  }

  /** @internal As `stream`; `onRead` hears of each piece as it is read. */
  open(messages: ModelMessages, signals: readonly (AbortSignal | undefined)[], onRead?: (chunk: AIMessageChunk) => void): RunStream<AIMessageChunk, AIMessage> {
    return new RunStream<AIMessageChunk, AIMessage>(
      {
        begin: (push) => {
          let call: Operation;
          try {
            call = this.#start(messages, signals, push);
          } catch (error) {
            return { outcome: Promise.reject(error), took() {}, cancel() {} };
          }
          call.begin();
          return {
            outcome: call.ended.then(({ value }) => messageFromFlat(value as FlatMessage) as AIMessage),
            took: (chunks) => call.answer(['took', chunks]),
            cancel: () => call.abort(undefined),
          };
        },
      },
      (flat: Partial<FlatMessage>) => {
        const chunk = chunkFromFlat(flat);
        onRead?.(chunk);
        return chunk;
      },
    );
  }

  /** @internal The same model within the call of a node: it ends with the call, and its pieces are written to the run's stream. */
  within(surroundings: ModelSurroundings): ModelAccess {
    return new NodeModel(this, surroundings);
  }

  #start(messages: ModelMessages, signals: readonly (AbortSignal | undefined)[], onEvent: (chunk: any) => void): Operation {
    const aborted = signals.find((signal) => signal?.aborted);
    if (aborted !== undefined) throw new AbortError(aborted.reason);
    const text = this.#dispatcher.native.startModel(this.#model, messagesToJson(messages));
    const answer = JSON.parse(text) as { ok: true; run: number } | { ok: false; error: ErrorJson };
    if (!answer.ok) throw errorFromJson(answer.error);
    return new Operation({ dispatcher: this.#dispatcher, run: answer.run, signals, onEvent });
  }
}

/** A model as a node has it. */
class NodeModel implements ModelAccess {
  readonly #model: ModelClient;
  readonly #surroundings: ModelSurroundings;

  constructor(model: ModelClient, surroundings: ModelSurroundings) {
    this.#model = model;
    this.#surroundings = surroundings;
  }

  async invoke(messages: ModelMessages, options: ModelCallOptions = {}): Promise<AIMessage> {
    const { signal, tellsMessages } = this.#surroundings;
    const stream = this.#model.open(messages, [signal, options.signal]);
    for await (const chunk of stream) if (tellsMessages) await this.#surroundings.writeMessage(chunk);
    return stream.outcome;
  }

  stream(messages: ModelMessages, options: ModelCallOptions = {}): RunStream<AIMessageChunk, AIMessage> {
    const { signal, tellsMessages } = this.#surroundings;
    const onRead = tellsMessages ? (chunk: AIMessageChunk) => void this.#surroundings.writeMessage(chunk) : undefined;
    return this.#model.open(messages, [signal, options.signal], onRead);
  }
}
