import {
  AIMessage,
  AIMessageChunk,
  ChatMessage,
  FunctionMessage,
  HumanMessage,
  RemoveMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
} from '@langchain/core/messages';
import { describeThrown, RuntimeError } from './errors.js';

/** A message in the flat JSON of LangGraph: `{"type":"ai","content":…}`. */
export interface FlatMessage {
  type: string;
  content: any;
  id?: string;
  name?: string;
  [field: string]: any;
}

/** Messages as JSON text for the native engine. */
export function messagesToJson(messages: unknown): string {
  if (!Array.isArray(messages)) {
    throw new RuntimeError('INVALID_MESSAGE', '`messages` is not a list. Give LangChain messages, or objects with `role` and `content`');
  }
  const texts = messages.map((message: unknown, position) => {
    try {
      // What is no message, and what JSON leaves out, reaches the engine as it is: it says best what is wrong with it.
      return JSON.stringify(isLangChainMessage(message) ? flatten(message) : message) ?? 'null';
    } catch (cause) {
      const { message: problem } = describeThrown(cause);
      throw new RuntimeError('INVALID_MESSAGE', `message ${position} cannot be written as JSON: ${problem}`, { cause });
    }
  });
  return `[${texts.join(',')}]`;
}

/** A flat message as LangChain's object. A finished answer of a model becomes an `AIMessage`. */
export function messageFromFlat(flat: FlatMessage): BaseMessage {
  switch (flat.type) {
    case 'ai':
      return new AIMessage(fields(flat));
    case 'tool':
      return toolMessageFromFlat(flat);
    case 'human':
      return new HumanMessage(fields(flat));
    case 'system':
      return new SystemMessage(fields(flat));
    default:
      throw new RuntimeError('INTERNAL', `The native engine sent a message of the unknown type \`${flat.type}\``);
  }
}

/** A flat message of any type as LangChain's object: one of a free role becomes a `ChatMessage`. */
export function anyMessageFromFlat(flat: FlatMessage): BaseMessage {
  switch (flat.type) {
    case 'ai':
    case 'tool':
    case 'human':
    case 'system':
      return messageFromFlat(flat);
    case 'function':
      return new FunctionMessage(fields(flat));
    case 'remove':
      return new RemoveMessage({ id: flat.id ?? '' });
    default:
      return new ChatMessage({ ...fields(flat), role: flat.type });
  }
}

/** A flat answer, or a piece of one, as LangChain's chunk. */
export function chunkFromFlat(flat: Partial<FlatMessage>): AIMessageChunk {
  return new AIMessageChunk(fields({ ...flat, content: flat.content ?? '' }));
}

/** A flat tool message as LangChain's object. */
export function toolMessageFromFlat(flat: FlatMessage): ToolMessage {
  return new ToolMessage(fields(flat));
}

/** Whether a value is a LangChain message, of whichever copy of the library. */
export function isLangChainMessage(value: unknown): value is BaseMessage {
  if (typeof value !== 'object' || value === null) return false;
  const message = value as { getType?: unknown; _getType?: unknown };
  return typeof message.getType === 'function' || typeof message._getType === 'function';
}

/** `human`, `ai`, `tool` …; the role itself for a message of a free role. */
export function messageType(message: BaseMessage): string {
  const type = typeof message.getType === 'function' ? message.getType() : message._getType();
  return type === 'generic' ? (message as unknown as { role: string }).role : type;
}

/** A LangChain message as a flat object; members without a value are undefined. */
export function flatten(message: BaseMessage): object {
  const source = message as unknown as FlatMessage;
  return {
    type: messageType(message),
    content: source.content,
    id: source.id,
    name: source.name,
    tool_calls: filled(source['tool_calls']),
    invalid_tool_calls: filled(source['invalid_tool_calls']),
    tool_call_id: source['tool_call_id'],
    status: source['status'],
    artifact: jsonOrNothing(source['artifact']),
    additional_kwargs: source['additional_kwargs'],
    response_metadata: source['response_metadata'],
    usage_metadata: source['usage_metadata'],
  };
}

function filled(list: unknown): unknown {
  return Array.isArray(list) && list.length > 0 ? list : undefined;
}

/** An artifact is the host's own; one that JSON cannot carry stays behind. */
export function jsonOrNothing(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : value;
  } catch {
    return undefined;
  }
}

/** The constructors' argument: all members but `type`, which a constructor sets. */
function fields(flat: Partial<FlatMessage>): any {
  const { type: _type, ...rest } = flat;
  return rest;
}
