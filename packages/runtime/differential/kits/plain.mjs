// Values without what cannot be the same in two runs.
import { isBaseMessage } from '@langchain/core/messages';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Names of members whose values are times or ids. */
const PASSING = new Set(['timestamp', 'createdAt', 'created_at', 'ts']);

/** Plain data: messages by their members, ids and times as `·`, nothing undefined. */
export function plain(value) {
  if (isBaseMessage(value)) {
    const { id, content, tool_calls: calls } = value;
    return { [value.getType()]: content, id: plain(id), ...(calls?.length > 0 && { calls: plain(calls) }) };
  }
  if (typeof value === 'string') return value.replaceAll(UUID, '·');
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Error) return { thrown: value.message };
  if (typeof value !== 'object' || value === null) return value;
  const members = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || typeof member === 'function') continue;
    members[name] = PASSING.has(name) ? '·' : plain(member);
  }
  return members;
}
