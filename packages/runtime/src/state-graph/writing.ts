import { RuntimeError } from '../errors.js';
import { isCommand, isOverwrite, isSend, PARENT, type Command, type Send, type TimeoutPolicy } from './commands.js';
import { flatMessages } from './messages.js';
import type { GraphShape } from './shape.js';

type Members = Record<string, unknown>;

/**
 * What a node gave back, as an answer to the engine: `["ok", call, updates]` or, where commands are among it, `["cmd", call, …]`.
 * Throws where JSON cannot carry it.
 */
export function nodeAnswer(call: number, result: unknown, shape: GraphShape, node: string): unknown[] {
  if (result === undefined || result === null) return ['ok', call, null];
  if (isCommand(result)) return ['cmd', call, [command(result, shape, node)]];
  if (Array.isArray(result)) {
    if (!result.some(isCommand)) return ['ok', call, result.map((one) => update(one, shape, node))];
    return ['cmd', call, result.map((one: unknown) => (isCommand(one) ? command(one, shape, node) : { update: update(one, shape, node) }))];
  }
  return ['ok', call, update(result, shape, node)];
}

/** Fields to write, as the engine takes them. `who` is named where JSON cannot carry a value. */
export function update(written: unknown, shape: GraphShape, who: string): unknown {
  if (typeof written === 'function' || typeof written === 'symbol' || typeof written === 'bigint') {
    throw new RuntimeError('INVALID_GRAPH_NODE_RETURN_VALUE', `node \`${who}\` gave back a ${typeof written}. Give back an object of fields`);
  }
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return written;
  let copied: Members | undefined;
  for (const field in written) {
    const value = (written as Members)[field];
    if (value === undefined || value === null) continue;
    if (shape.messages.has(field)) {
      copied ??= { ...(written as Members) };
      copied[field] = flatMessages(value);
    } else if (!isPlainlyJson(value)) checkValue(isOverwrite(value) ? value.value : value, field, who);
  }
  return copied ?? written;
}

/** A command, as the engine takes it. */
export function command(given: Command, shape: GraphShape, who: string): Members {
  const made: Members = {};
  const target = given.graph === PARENT ? (shape.outer ?? shape) : shape;
  if (given.update !== undefined) made['update'] = update(given.update, target, who);
  if (given.goto !== undefined) made['goto'] = routes(given.goto, target, who);
  if (given.graph !== undefined) made['graph'] = given.graph;
  return made;
}

/** What a router chose, as the engine takes it. */
export function routes(chosen: unknown, shape: GraphShape, who: string, labels?: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(chosen)) return chosen.map((one) => route(one, shape, who, labels));
  return route(chosen, shape, who, labels);
}

function route(chosen: unknown, shape: GraphShape, who: string, labels: Readonly<Record<string, string>> | undefined): unknown {
  if (isSend(chosen)) return send(chosen, shape, who);
  if (labels !== undefined && Object.hasOwn(labels, String(chosen))) return labels[String(chosen)];
  if (typeof chosen === 'string') return chosen;
  throw new RuntimeError('ROUTER_FAILED', `the router of \`${who}\` chose ${describe(chosen)}. Give a node's name, \`END\`, a \`Send\`, or a list of those`);
}

function send({ node, args, timeout }: Send, shape: GraphShape, who: string): Members {
  const made: Members = { node, args: args === undefined ? null : update(args, shape, who) };
  if (timeout !== undefined) made['timeout'] = timeoutJson(timeout);
  return made;
}

/** A timeout, as the engine takes it. */
export function timeoutJson(timeout: number | TimeoutPolicy): TimeoutPolicy {
  return typeof timeout === 'number' ? { runMs: timeout } : timeout;
}

/** The values that most fields hold, told at little cost. */
function isPlainlyJson(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Array.isArray(value);
}

/** Refuses what JSON would leave out or turn into something else. What is deeper inside is not looked at, for it costs. */
function checkValue(value: unknown, field: string, who: string): void {
  switch (typeof value) {
    case 'number':
      if (Number.isFinite(value)) return;
      break;
    case 'object': {
      if (value === null) return;
      const prototype: unknown = Object.getPrototypeOf(value);
      // Objects of another realm have another `Object.prototype`; what they share is that nothing stands above it.
      if (prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null) return;
      if (Array.isArray(value) || typeof (value as { toJSON?: unknown }).toJSON === 'function') return;
      break;
    }
    case 'function':
    case 'symbol':
    case 'bigint':
      break;
    default:
      return;
  }
  throw new RuntimeError(
    'VALUE_NOT_JSON',
    `node \`${who}\` wrote ${describe(value)} to the field \`${field}\`, which JSON cannot carry. Write plain data, or an object with \`toJSON\``,
  );
}

/** What a value is, for a sentence. */
export function describe(value: unknown): string {
  if (value === null || typeof value === 'undefined' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  const name: unknown = (value as object).constructor?.name;
  return typeof name === 'string' && name !== 'Object' ? `an instance of \`${name}\`` : 'an object';
}
