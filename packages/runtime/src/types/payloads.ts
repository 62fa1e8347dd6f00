import type { AIMessageChunk, BaseMessage, ToolMessage } from '@langchain/core/messages';
import type { GraphEvents } from '../events.js';
import type { AgentUpdateContent, SummaryContent } from './content.js';
import type {
  MessageDeltaEvent,
  ReasoningDeltaEvent,
  RunStep,
  RunStepClosedEvent,
  RunStepCompletedEvent,
  RunStepDeltaEvent,
} from './run-step.js';

/** The name of an event, as the enum or as plain text. */
export type GraphEventName = `${GraphEvents}`;

/** `on_chat_model_start`. */
export interface ModelStartData {
  input: { messages: BaseMessage[][] };
}

/** `on_chat_model_stream`. */
export interface ModelStreamData {
  chunk: AIMessageChunk;
}

/** `on_chat_model_end`. Usage is in `output.usage_metadata`. */
export interface ModelEndData {
  output: AIMessageChunk;
}

/** `on_tool_start`. */
export interface ToolStartData {
  /** The arguments as JSON text. */
  input: { input: string };
}

/** `on_tool_end`. */
export interface ToolEndData {
  output: ToolMessage;
  /** The arguments as JSON text. */
  input: { input: string };
}

/** `on_agent_log`. */
export interface AgentLogEvent {
  level: string;
  scope: string;
  message: string;
  data?: unknown;
  runId?: string;
  agentId?: string;
}

/** `on_summarize_delta`. */
export interface SummarizeDeltaEvent {
  /** The step's id. */
  id: string;
  delta: { summary: SummaryContent };
}

/** `on_summarize_complete`. */
export interface SummarizeCompleteEvent {
  id: string;
  agentId?: string;
  summary?: SummaryContent;
  error?: string;
}

/** What each event carries. Events that are missing here carry `unknown`. */
export interface EventPayloads {
  on_agent_update: AgentUpdateContent;
  on_run_step: RunStep;
  on_run_step_delta: RunStepDeltaEvent;
  on_run_step_completed: RunStepCompletedEvent;
  on_run_step_closed: RunStepClosedEvent;
  on_message_delta: MessageDeltaEvent;
  on_reasoning_delta: ReasoningDeltaEvent;
  on_summarize_delta: SummarizeDeltaEvent;
  on_summarize_complete: SummarizeCompleteEvent;
  on_agent_log: AgentLogEvent;
  on_chat_model_start: ModelStartData;
  on_chat_model_stream: ModelStreamData;
  on_chat_model_end: ModelEndData;
  on_tool_start: ToolStartData;
  on_tool_end: ToolEndData;
}

/** What the event named `E` carries. */
export type StreamEventData<E extends string = keyof EventPayloads> = E extends keyof EventPayloads
  ? EventPayloads[E]
  : unknown;
