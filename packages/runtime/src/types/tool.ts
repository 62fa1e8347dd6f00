import type { StructuredToolInterface } from '@langchain/core/tools';

/** A tool call as a tool sees it. */
export interface ToolCallInfo {
  /** The provider's id of the call. */
  id: string;
  name: string;
  args: Record<string, unknown>;
  type: 'tool_call';
  /** The run step that shows this call. */
  stepId: string;
  /** How many calls of this tool came before in the run. */
  turn: number;
}

/** What a tool gets besides its arguments. */
export interface ToolRuntime {
  /** Aborts when the run is aborted or the call took longer than `toolTimeout`. */
  signal: AbortSignal;
  /** The call's `configurable`, with `run_id`. */
  configurable: Record<string, any>;
  metadata: Record<string, any>;
  toolCallId: string;
  toolCall: ToolCallInfo;
}

/** A tool without LangChain. */
export interface Tool<Args = any> {
  /** Unique within an agent. */
  name: string;
  /** What it does, for the model. */
  description?: string;
  /** The arguments: JSON Schema, or a Zod schema. Default: an object without properties. */
  schema?: unknown;
  /** `content_and_artifact`: `invoke` returns `[content, artifact]`; the model sees the content only. */
  responseFormat?: 'content' | 'content_and_artifact' | string;
  /**
   * Returns the model's view of the result: text, content parts, or any value, which becomes JSON text. What it throws
   * is told to the model.
   */
  invoke(args: Args, runtime: ToolRuntime): unknown;
}

/** A LangChain tool or a plain one. */
export type GenericTool = StructuredToolInterface | Tool;
