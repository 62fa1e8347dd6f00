import { anyMessageFromFlat, chunkFromFlat, flatten, isLangChainMessage, type FlatMessage } from '../messages.js';
import { isOverwrite } from './commands.js';
import { frozen } from './frozen.js';
import type { GraphShape } from './shape.js';
import type { StateView } from './views.js';

/** Types of messages by the roles that chat protocols name. */
const TYPES: Readonly<Record<string, string>> = { user: 'human', assistant: 'ai', developer: 'system' };

/** One message for the engine: flat, with its `type`. What is no message goes as it is; the engine says what is wrong with it. */
function flat(message: unknown): unknown {
  if (isLangChainMessage(message)) return flatten(message);
  if (typeof message !== 'object' || message === null) return message;
  const { role, ...rest } = message as { role?: unknown; type?: unknown };
  if (typeof role !== 'string' || typeof rest.type === 'string') return message;
  return { ...rest, type: TYPES[role] ?? role };
}

/** What is written to a field of messages, for the engine. */
export function flatMessages(written: unknown): unknown {
  if (isOverwrite(written)) return { __overwrite__: flatMessages(written.value) };
  return Array.isArray(written) ? written.map(flat) : flat(written);
}

/** A piece of a message for the engine. What is no LangChain message goes as it is. */
export function flatChunk(chunk: unknown): unknown {
  if (!isLangChainMessage(chunk)) return chunk;
  const { tool_call_chunks: pieces } = chunk as { tool_call_chunks?: unknown };
  return Array.isArray(pieces) && pieces.length > 0 ? { ...flatten(chunk), tool_call_chunks: pieces } : flatten(chunk);
}

/** The engine's messages as LangChain's objects, put in their places in the list. */
export function revived(messages: unknown[]): unknown[] {
  for (let i = 0; i < messages.length; i++) messages[i] = revivedMessage(messages[i]);
  return messages;
}

/** A message of the engine's as LangChain's object; what is none stays as it is. */
export function revivedMessage(message: unknown): unknown {
  return isFlat(message) ? anyMessageFromFlat(message) : message;
}

/** A piece of a message as LangChain's object; what is none stays as it is. */
export function revivedChunk(chunk: unknown): unknown {
  if (!isFlat(chunk)) return chunk;
  return chunk.type === 'ai' ? chunkFromFlat(chunk) : anyMessageFromFlat(chunk);
}

function isFlat(value: unknown): value is FlatMessage {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** Fields of a state in place: those of messages hold LangChain's objects afterwards. The object and its lists are frozen. */
export function reviveFields(fields: Record<string, unknown>, shape: GraphShape): Readonly<Record<string, unknown>> {
  for (const field in fields) {
    const value = fields[field];
    if (shape.messages.has(field)) fields[field] = revivedWrite(value);
    else if (Array.isArray(value)) Object.freeze(value);
  }
  return Object.freeze(fields);
}

/** What was sent to a task, as its node sees it: messages are LangChain's, and all else is frozen to its depths. */
export function sentView(sent: unknown, shape: GraphShape): StateView {
  if (!hasMessages(sent, shape)) return (Object.isFrozen(sent) ? sent : frozen(sent)) as never;
  const view: Record<string, unknown> = {};
  for (const field in sent) {
    const value = sent[field];
    // A value that the run's state shows is frozen, and messages are not.
    view[field] = shape.messages.has(field) ? revivedWrite(Object.isFrozen(value) ? structuredClone(value) : value) : frozen(value);
  }
  return Object.freeze(view);
}

function hasMessages(sent: unknown, { messages }: GraphShape): sent is Record<string, unknown> {
  if (messages.size === 0 || typeof sent !== 'object' || sent === null || Array.isArray(sent)) return false;
  for (const field of messages) if (field in sent) return true;
  return false;
}

/** What was written to a field of messages. */
function revivedWrite(value: unknown): unknown {
  return Array.isArray(value) ? Object.freeze(revived(value)) : revivedMessage(value);
}
