import { ToolMessage } from '@langchain/core/messages';
import { isLangChainMessage, jsonOrNothing, messageType } from './messages.js';

/** What a tool call came to. */
export interface ToolResult {
  /** The answer for the engine, as JSON text. */
  json: string;
  /** The message that the tool made itself, or one that holds its artifact; it keeps its identity for the host. */
  message?: ToolMessage;
}

/** The call that a result belongs to. */
interface AnsweredCall {
  id: string;
  name: string;
  /** The tool's `responseFormat`. */
  responseFormat: unknown;
}

/**
 * Turns what a tool returned into its answer. A `ToolMessage` is taken as it is, text as text, content parts as content parts,
 * nothing as nothing, and any other value as its JSON text.
 */
export function toolResult(returned: unknown, call: AnsweredCall): ToolResult {
  if (isLangChainMessage(returned) && messageType(returned) === 'tool') return fromMessage(returned as ToolMessage);
  if (call.responseFormat === 'content_and_artifact') return fromMessage(withArtifact(returned, call));
  return { json: JSON.stringify({ content: content(returned) }) };
}

function fromMessage(message: ToolMessage): ToolResult {
  const { content, status } = message;
  return { json: JSON.stringify({ content, artifact: jsonOrNothing(message.artifact), status }), message };
}

function withArtifact(returned: unknown, call: AnsweredCall): ToolMessage {
  if (!Array.isArray(returned) || returned.length !== 2) {
    throw new Error('the tool\'s response format is "content_and_artifact", but it did not return a list of two: [content, artifact]');
  }
  const [value, artifact] = returned as [unknown, unknown];
  return new ToolMessage({
    content: (content(value) ?? '') as string,
    artifact,
    tool_call_id: call.id,
    name: call.name,
    status: 'success',
  });
}

/** The model's view of a value. */
function content(value: unknown): string | object[] | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  if (isContentParts(value)) return value;
  return JSON.stringify(value) ?? String(value);
}

function isContentParts(value: unknown): value is object[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((part) => typeof part === 'object' && part !== null && typeof (part as { type?: unknown }).type === 'string')
  );
}
