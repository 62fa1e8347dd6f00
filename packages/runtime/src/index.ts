/**
 * Agents for Node: a model, its tools, and the events of a run, over a native engine.
 *
 * `AgentRuntime` is also exported as `Run`, its name in the Run interface.
 */
export { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
export { tool } from '@langchain/core/tools';

export { createContentAggregator, type ContentAggregatorResult } from './content-aggregator.js';
export { Callback, ContentTypes, StepTypes } from './enums.js';
export { AbortError, RuntimeError } from './errors.js';
export { GraphEvents } from './events.js';
export { Graph, type AgentContext } from './graph.js';
export { HandlerRegistry } from './handlers.js';
export { ModelClient, type ModelAccess, type ModelCallOptions, type ModelMessages, type ModelOptions } from './model-client.js';
export { version } from './native.js';
export { Providers } from './providers.js';
export { AgentRuntime, AgentRuntime as Run } from './runtime.js';
export * from './state-graph/index.js';

export type * from './types/config.js';
export type * from './types/content.js';
export type * from './types/handler.js';
export type * from './types/payloads.js';
export type * from './types/run-step.js';
export type * from './types/tool.js';
