import { randomUUID } from 'node:crypto';
import type { ToolMessage } from '@langchain/core/messages';
import { toolMessageFromFlat } from './messages.js';
import { AbortError, describeThrown } from './errors.js';
import type { Graph } from './graph.js';
import type { NativeBinding } from './native.js';
import { toolResult, type ToolResult } from './tool-result.js';
import { isLangChainTool, type ToolTable } from './tools.js';
import type { ClientCallbacks } from './types/config.js';
import type { EventMetadata } from './types/handler.js';
import type { GenericTool, Tool, ToolCallInfo, ToolRuntime } from './types/tool.js';

/** The engine asks for a tool call. */
export interface ToolRequest {
  /** The engine's number of the call, for the answer. */
  call: number;
  /** The provider's id of the call. */
  id: string;
  name: string;
  args: Record<string, unknown>;
  stepId: string;
  turn: number;
}

/** What all tool calls of a run share. */
export interface ToolContext {
  native: NativeBinding;
  run: number;
  tools: ToolTable;
  graph: Graph;
  callbacks: ClientCallbacks;
  configurable: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

/** A call that is going on. */
interface ActiveCall {
  controller: AbortController;
  /** A random id of this invocation, for the host's callbacks. */
  invocation: string;
}

/** The tool calls of one run: starts them, answers for them, cancels them. Nothing here throws or leaves a rejection behind. */
export class ToolCalls {
  readonly #context: ToolContext;
  /** Calls that the engine still wants an answer for. */
  readonly #active = new Map<number, ActiveCall>();
  /** Calls that were cancelled before they began. */
  readonly #cancelledEarly = new Set<number>();
  readonly #messages = new Map<string, ToolMessage>();
  #abortedWith: { reason: unknown } | undefined;

  constructor(context: ToolContext) {
    this.#context = context;
  }

  /** The message that the tool of this call returned itself. */
  messageOf(toolCallId: string): ToolMessage | undefined {
    return this.#messages.get(toolCallId);
  }

  /** Invokes the tool; its answer goes to the engine whenever it comes. */
  start(request: ToolRequest, metadata: EventMetadata): void {
    if (this.#cancelledEarly.delete(request.call)) return;
    if (this.#abortedWith !== undefined) {
      this.#reportFailure(request.call, new AbortError());
      return;
    }
    const active: ActiveCall = { controller: new AbortController(), invocation: randomUUID() };
    this.#active.set(request.call, active);
    void this.#execute(request, active, metadata);
  }

  /** The engine wants no answer any more: the call took too long. */
  cancel(call: number): void {
    const active = this.#active.get(call);
    if (active === undefined) {
      this.#cancelledEarly.add(call);
      return;
    }
    this.#active.delete(call);
    const error = new DOMException('The tool call took too long', 'TimeoutError');
    active.controller.abort(error);
    notify(this.#context.callbacks.handleToolError, this.#context.graph, error, active.invocation);
  }

  /** Aborts what is going on, and whatever would begin. */
  abort(reason: unknown): void {
    this.#abortedWith ??= { reason };
    const calls = [...this.#active.entries()];
    this.#active.clear();
    for (const [call, { controller }] of calls) {
      controller.abort(reason);
      this.#reportFailure(call, new AbortError());
    }
  }

  /** The run is over: aborts what is still going on and answers nothing more. */
  close(reason: unknown): void {
    this.#abortedWith ??= { reason };
    const calls = [...this.#active.values()];
    this.#active.clear();
    for (const { controller } of calls) controller.abort(reason);
  }

  async #execute(request: ToolRequest, active: ActiveCall, metadata: EventMetadata): Promise<void> {
    const { callbacks, graph } = this.#context;
    const { invocation } = active;
    let result: ToolResult;
    try {
      const tool = this.#context.tools.get(request.name);
      if (tool === undefined) throw new Error(`Tool "${request.name}" not found.`);
      const input = JSON.stringify(request.args);
      notify(callbacks.handleToolStart, graph, serialized(tool), input, invocation, undefined, [], metadata, request.name, request.id);
      const returned = await this.#invoke(tool, request, active.controller.signal, metadata);
      result = toolResult(returned, { id: request.id, name: request.name, responseFormat: (tool as Tool).responseFormat });
    } catch (error) {
      if (!this.#active.delete(request.call)) return;
      notify(callbacks.handleToolError, graph, error, invocation);
      this.#reportFailure(request.call, error);
      return;
    }
    if (!this.#active.delete(request.call)) return;
    if (result.message !== undefined) this.#messages.set(request.id, result.message);
    if (callbacks.handleToolEnd !== undefined) {
      const output = result.message ?? answerOf(result, request);
      notify(callbacks.handleToolEnd, graph, output, invocation);
    }
    this.#context.native.toolReturned(this.#context.run, request.call, result.json);
  }

  #invoke(tool: GenericTool, request: ToolRequest, signal: AbortSignal, metadata: EventMetadata): unknown {
    const { id, name, args, stepId, turn } = request;
    const toolCall: ToolCallInfo = { id, name, args, type: 'tool_call', stepId, turn };
    const runtime: ToolRuntime = {
      signal,
      configurable: this.#context.configurable,
      metadata: { ...this.#context.metadata, ...metadata },
      toolCallId: id,
      toolCall,
    };
    // LangChain tells a tool call by its `type`, validates `args`, and hands the whole call on as `config.toolCall`.
    if (isLangChainTool(tool)) return (tool as Tool).invoke({ ...toolCall }, runtime);
    return (tool as Tool).invoke(args, runtime);
  }

  #reportFailure(call: number, error: unknown): void {
    const { native, run } = this.#context;
    native.toolFailed(run, call, JSON.stringify(describeThrown(error)));
  }
}

/** Calls a host's callback. What it throws concerns nobody but the host's log. */
function notify<A extends unknown[]>(callback: ((...args: A) => unknown) | undefined, ...args: A): void {
  if (callback === undefined) return;
  try {
    const returned = callback(...args);
    if (returned instanceof Promise) returned.catch(complain);
  } catch (error) {
    complain(error);
  }
}

function complain(error: unknown): void {
  console.warn('[moss] a tool callback failed:', error);
}

function answerOf(result: ToolResult, request: ToolRequest): ToolMessage {
  const { content } = JSON.parse(result.json) as { content: unknown };
  return toolMessageFromFlat({ type: 'tool', content: content ?? '', name: request.name, tool_call_id: request.id, status: 'success' });
}

/** A tool as LangChain's callbacks are told of it. */
function serialized(tool: GenericTool): object {
  return { lc: 1, type: 'not_implemented', id: ['langchain', 'tools', tool.name], name: tool.name };
}
