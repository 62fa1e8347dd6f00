// Values without what cannot be the same in two runs or is named otherwise.
import { isBaseMessage } from '@langchain/core/messages';

const IDS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b/g;
/** A task that leads to a graph inside, where no thread gives it an id. */
const TASK = /^([a-z]\w*):\d+(#\d+)?$/;
/** Members whose values are times or ids. */
const PASSING = new Set(['timestamp', 'id']);

/** Plain data: messages by their members, ids and times as `·`, questions by what they ask, nothing undefined. */
export function plain(value) {
  if (isBaseMessage(value)) {
    const { id, content, tool_calls: calls } = value;
    return { [value.getType()]: content, id: id?.replaceAll(IDS, '·'), ...(calls?.length > 0 && { calls: plain(calls) }) };
  }
  if (typeof value === 'string') return value.replaceAll(IDS, '·').replace(TASK, '$1:·');
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Error) return { thrown: value.message };
  if (typeof value !== 'object' || value === null) return value;
  const members = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || typeof member === 'function') continue;
    if (name === '__interrupt__' || name === 'interrupts') members[name] = member.map(({ value }) => plain(value));
    else members[name] = PASSING.has(name) ? '·' : plain(member);
  }
  return members;
}
