import type { MessageContentComplex, SummaryContent, ToolCallPart } from './content.js';

/** How far a run step is. */
export type RunStepStatus = 'in_progress' | 'completed' | 'cancelled' | 'failed';

/** What a step that writes a message is about. */
export interface MessageCreationDetails {
  type: 'message_creation';
  message_creation: { message_id: string; content_type?: 'text' | 'think'; phase?: string };
}

/** What a step that calls a tool is about. */
export interface ToolCallsDetails {
  type: 'tool_calls';
  tool_calls?: ToolCallPart[];
}

/** One message being written, or one tool call. */
export interface RunStep {
  /** `step_` and a random id. */
  id: string;
  type: 'message_creation' | 'tool_calls';
  /** Position of its content in the run's content; never used twice. */
  index: number;
  /** How many steps of the same model call came before. */
  stepIndex?: number;
  stepDetails: MessageCreationDetails | ToolCallsDetails;
  runId?: string;
  /** Only in graphs of several agents. */
  agentId?: string;
  /** The group of agents that run in parallel. */
  groupId?: number;
  status?: RunStepStatus;
  /** Milliseconds since 1970. */
  created_at?: number;
  usage?: null | object;
  /** The summary, where the step writes one. */
  summary?: SummaryContent;
}

/** `on_message_delta`. */
export interface MessageDeltaEvent {
  /** The step's id. */
  id: string;
  delta: { content?: MessageContentComplex[] | MessageContentComplex; tool_call_ids?: string[] };
}

/** `on_reasoning_delta`. */
export interface ReasoningDeltaEvent {
  /** The step's id. */
  id: string;
  delta: { content?: MessageContentComplex[] | MessageContentComplex };
}

/** A piece of a tool call. Pieces after the first carry arguments only. */
export interface ToolCallChunk {
  name?: string;
  /** A piece of the arguments' JSON text. */
  args?: string | Record<string, unknown>;
  id?: string;
  /** The provider's index of the call. */
  index?: number;
  type?: 'tool_call_chunk' | 'tool_call';
}

/** `on_run_step_delta`. */
export interface RunStepDeltaEvent {
  /** The step's id. */
  id: string;
  delta: { type: 'tool_calls'; tool_calls?: ToolCallChunk[]; auth?: string; expires_at?: number };
}

/** The result of a tool call's step. */
export interface ToolCallResult {
  /** The step's id. */
  id: string;
  index: number;
  type: 'tool_call';
  tool_call: ToolCallPart;
  /** The call was executed before the model's answer was complete. */
  eager?: boolean;
  /** Milliseconds since 1970. */
  completed_at?: number;
}

/** The result of a step that wrote a summary. */
export interface SummaryResult {
  id: string;
  index: number;
  type: 'summary';
  summary: SummaryContent;
  completed_at?: number;
}

/** `on_run_step_completed`. */
export interface RunStepCompletedEvent {
  result: ToolCallResult | SummaryResult;
}

/** `on_run_step_closed`. */
export interface RunStepClosedEvent {
  id: string;
  index: number;
  type: 'message_creation' | 'tool_calls';
  status: 'completed' | 'cancelled' | 'failed';
  created_at?: number;
  closed_at: number;
  runId?: string;
  agentId?: string;
  groupId?: number;
  stepIndex?: number;
}
