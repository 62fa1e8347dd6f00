/** Set on a part's content when several agents write into one message. */
export interface AgentStamp {
  /** The agent that wrote the part; only in graphs of several agents. */
  agentId?: string;
  /** The group of agents that ran in parallel. */
  groupId?: number;
}

/** Text of an answer. */
export interface TextContent extends AgentStamp {
  type: 'text';
  text: string;
  citations?: unknown[];
  tool_call_ids?: string[];
}

/** The model's reasoning. */
export interface ThinkContent extends AgentStamp {
  type: 'think';
  think: string;
}

/** A tool call as a content part shows it. */
export interface ToolCallPart {
  id?: string;
  name?: string;
  /** JSON text, or an object while the call is young and in `processStream`'s return value. */
  args?: string | Record<string, unknown>;
  type?: 'tool_call';
  /** 1 once the tool has returned. */
  progress?: number;
  output?: string;
  outcome?: unknown;
  /** Address at which a person grants the tool access. */
  auth?: string;
  /** When that address expires: seconds since 1970. */
  expires_at?: number;
}

/** A tool call and, once it is there, its output. */
export interface ToolCallContent extends AgentStamp {
  type: 'tool_call';
  tool_call: ToolCallPart;
}

/** Marks where another agent took over. */
export interface AgentUpdateContent {
  type: 'agent_update';
  agent_update: { index: number; runId?: string; agentId?: string };
}

/** A summary of the conversation so far. */
export interface SummaryContent extends AgentStamp {
  type: 'summary';
  content?: MessageContentComplex[];
  tokenCount?: number;
  coverage?: { retainedFromMessageId?: string };
  summaryVersion?: number;
  boundary?: { messageId: string; contentIndex: number };
  model?: string;
  provider?: string;
  createdAt?: string;
}

/** Any other part, kept as the provider sent it. */
export interface OtherContent extends AgentStamp {
  type: 'image_url' | 'error' | 'steer' | 'thinking' | 'reasoning' | 'redacted_thinking';
  [field: string]: unknown;
}

/** One part of a message's content. */
export type MessageContentComplex =
  | TextContent
  | ThinkContent
  | ToolCallContent
  | AgentUpdateContent
  | SummaryContent
  | OtherContent;
