import type { MessageContentComplex, TextContent, ThinkContent, ToolCallContent, ToolCallPart } from './types/content.js';

/** Who writes into a slot; stamped on its part at every update. */
export interface SlotOwner {
  agentId?: string;
  groupId?: number;
}

/** News of a tool call. */
export interface ToolCallUpdate {
  id?: string | undefined;
  name?: string | undefined;
  args?: string | Record<string, unknown> | undefined;
  auth?: string | undefined;
  expires_at?: number | undefined;
  output?: string | undefined;
  outcome?: unknown;
  /** The call is over. */
  final?: true;
}

/**
 * What a slot holds after another piece came: text and reasoning grow, other parts are taken as they are.
 * Undefined when the slot holds something of another kind.
 */
export function mergePart(
  before: MessageContentComplex | undefined,
  part: MessageContentComplex,
): MessageContentComplex | undefined {
  if (part.type === 'text') return mergeText(before, part);
  if (part.type === 'think') return mergeThink(before, part);
  return before === undefined || before.type === part.type ? { ...part } : undefined;
}

/**
 * What a tool call's slot holds after an update. Arguments grow while they come as text, and are replaced by an object and by the
 * final update. Undefined when the call is over and the update is not: what is finished stays.
 */
export function mergeToolCall(before: ToolCallContent | undefined, update: ToolCallUpdate): ToolCallContent | undefined {
  const known = before?.tool_call;
  if (known?.progress === 1 && update.final !== true) return undefined;
  const call: ToolCallPart = {
    id: update.id || known?.id || '',
    name: update.name || known?.name || '',
    args: mergeArgs(known?.args, update),
    type: 'tool_call',
  };
  if (update.final === true) {
    call.progress = 1;
    if (update.output !== undefined) call.output = update.output;
    if (update.outcome !== undefined) call.outcome = update.outcome;
    return { type: 'tool_call', tool_call: call };
  }
  const auth = update.auth ?? known?.auth;
  const expiresAt = update.expires_at ?? known?.expires_at;
  if (auth !== undefined) call.auth = auth;
  if (expiresAt !== undefined) call.expires_at = expiresAt;
  return { type: 'tool_call', tool_call: call };
}

function mergeArgs(known: ToolCallPart['args'], { args, final }: ToolCallUpdate): string | Record<string, unknown> {
  if (args === undefined) return known ?? '';
  if (final === true || typeof args === 'object' || typeof known !== 'string') return args;
  return known + args;
}

function mergeText(before: MessageContentComplex | undefined, part: TextContent): TextContent | undefined {
  if (before !== undefined && before.type !== 'text') return undefined;
  const merged: TextContent = { type: 'text', text: (before?.text ?? '') + (part.text ?? '') };
  const citations = joined(before?.citations, part.citations);
  const callIds = joined(before?.tool_call_ids, part.tool_call_ids);
  if (citations !== undefined) merged.citations = citations;
  if (callIds !== undefined) merged.tool_call_ids = callIds;
  return merged;
}

function mergeThink(before: MessageContentComplex | undefined, part: ThinkContent): ThinkContent | undefined {
  if (before !== undefined && before.type !== 'think') return undefined;
  return { type: 'think', think: (before?.think ?? '') + (part.think ?? '') };
}

function joined<T>(before: T[] | undefined, more: T[] | undefined): T[] | undefined {
  if (more === undefined || more.length === 0) return before;
  return before === undefined ? [...more] : [...before, ...more];
}
