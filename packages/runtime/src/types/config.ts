import type { BaseMessage } from '@langchain/core/messages';
import type { Callback } from '../enums.js';
import type { Graph } from '../graph.js';
import type { Providers } from '../providers.js';
import type { CustomHandlers } from './handler.js';
import type { GenericTool } from './tool.js';

/** A provider, as the enum or as plain text. */
export type ProviderName = `${Providers}`;

/** Options of a model's client, under the names that LangChain's clients use: `model`, `apiKey`, `temperature` … */
export interface ClientOptions {
  model?: string;
  apiKey?: string;
  streaming?: boolean;
  maxRetries?: number;
  [option: string]: unknown;
}

/** Provider and client options in one object. */
export interface LLMConfig extends ClientOptions {
  provider: ProviderName;
}

/** What both kinds of agent configuration share. */
interface AgentFields {
  name?: string;
  /** The system prompt. */
  instructions?: string | undefined;
  /** Appended to the instructions. */
  additional_instructions?: string | undefined;
  tools?: readonly GenericTool[] | undefined;
  /** End the run after the first batch of tools. Default: false. */
  toolEnd?: boolean;
  /** Where the provider puts reasoning. */
  reasoningKey?: 'reasoning_content' | 'reasoning';
  /** Members that this version does not know are ignored. */
  [field: string]: unknown;
}

/** One agent: a model, its instructions, its tools. */
export interface AgentInputs extends AgentFields {
  agentId: string;
  provider: ProviderName;
  clientOptions?: ClientOptions;
}

/** One agent, written flat. Its id is `default`. */
export interface LegacyGraphConfig extends AgentFields {
  type?: 'standard';
  llmConfig: LLMConfig;
  /** Aborts every run of this runtime. */
  signal?: AbortSignal | undefined;
  agents?: never;
}

/** One agent of a list; only the first is used. */
export interface StandardGraphConfig {
  type?: 'standard';
  agents: AgentInputs[];
  /** Aborts every run of this runtime. */
  signal?: AbortSignal | undefined;
  llmConfig?: never;
  [field: string]: unknown;
}

/** Several agents and the edges between them. */
export interface MultiAgentGraphConfig {
  type: 'multi-agent';
  agents: AgentInputs[];
  edges?: unknown[];
  signal?: AbortSignal | undefined;
  llmConfig?: never;
  [field: string]: unknown;
}

/** What `AgentRuntime.create` takes. Members that this version does not know are ignored. */
export interface RunConfig {
  /** The run's id, given by the host. */
  runId: string;
  graphConfig: LegacyGraphConfig | StandardGraphConfig | MultiAgentGraphConfig;
  customHandlers?: CustomHandlers | undefined;
  /** Whether `processStream` returns the run's content. Default: false. */
  returnContent?: boolean;
  /** Keep the graph's state after a run. Default: false. */
  skipCleanup?: boolean;
  /** Milliseconds after which a tool that has not returned counts as failed. Default: no limit. */
  toolTimeout?: number;
  calibrationRatio?: number;
  indexTokenCountMap?: Record<string, number> | undefined;
  tokenCounter?: ((message: BaseMessage) => number) | undefined;
  [field: string]: unknown;
}

/** A message as a plain object. */
export interface PlainMessage {
  role?: string;
  type?: string;
  content?: unknown;
  tool_call_id?: string;
  [field: string]: unknown;
}

/** The input of a run. */
export interface RunInput {
  messages: readonly (BaseMessage | PlainMessage)[];
}

/** The second argument of `processStream`. */
export interface ProcessStreamConfig {
  /** Reaches tools as it is; its scalar members also reach handlers, in their metadata. */
  configurable?: Record<string, any> | undefined;
  /** Aborts this run. */
  signal?: AbortSignal | undefined;
  /** How many supersteps the run may take. Default: 50. */
  recursionLimit?: number | undefined;
  metadata?: Record<string, unknown> | undefined;
  /** Taken for LangChain's sake, and ignored. */
  version?: 'v1' | 'v2' | undefined;
  /** Taken for LangChain's sake, and ignored. */
  streamMode?: unknown;
  [field: string]: unknown;
}

/** Functions that hear of tools, called with the graph first and then with LangChain's arguments. */
export interface ClientCallbacks {
  /** `error` is the very object that the tool threw; `id` is a random id of the invocation. */
  [Callback.TOOL_ERROR]?: (graph: Graph, error: any, id: string, ...rest: any[]) => unknown;
  [Callback.TOOL_START]?: (graph: Graph, tool: any, input: string, id: string, ...rest: any[]) => unknown;
  [Callback.TOOL_END]?: (graph: Graph, output: any, id: string, ...rest: any[]) => unknown;
}

/** The third argument of `processStream`. */
export interface ProcessStreamOptions {
  callbacks?: ClientCallbacks | undefined;
  /** Keep the graph's run steps of the call before. Default: false. */
  keepContent?: boolean;
  [field: string]: unknown;
}
