import { RuntimeError } from '../errors.js';
import { isCommand, isOverwrite, isSend, PARENT, type Command, type Send, type TimeoutPolicy } from './commands.js';
import { flatMessages } from './messages.js';
import type { GraphShape } from './shape.js';
import { SharedValues, type SaidValue } from './shared-values.js';

type Members = Record<string, unknown>;

/** Before a run nothing is. */
const NOTHING_SHARED = new SharedValues();

/** Where something is written: the graph, the node, and what the run's engine knows by handles. */
interface Place {
  shape: GraphShape;
  name: string;
}

/**
 * What a node gave back, as an answer to the engine: `["ok", call, updates]` or, where commands or values with handles are among
 * it, `["cmd", call, commands]`. Throws where JSON cannot carry it.
 */
export function nodeAnswer(call: number, result: unknown, { shape, name }: Place, shared: SharedValues): unknown[] {
  if (result === undefined || result === null) return ['ok', call, null];
  if (isCommand(result)) return ['cmd', call, [command(result, shape, name, shared)]];
  if (!Array.isArray(result)) {
    const plain = update(result, shape, name);
    const fields = sharedFields(plain, shared);
    return fields === undefined ? ['ok', call, plain] : ['cmd', call, [{ shared: fields }]];
  }
  let isPlain = true;
  const commands = result.map((one: unknown) => {
    if (isCommand(one)) {
      isPlain = false;
      return command(one, shape, name, shared);
    }
    const plain = update(one, shape, name);
    const fields = sharedFields(plain, shared);
    if (fields === undefined) return { update: plain };
    isPlain = false;
    return { shared: fields };
  });
  return isPlain ? ['ok', call, commands.map((one) => (one as { update: unknown }).update)] : ['cmd', call, commands];
}

/** What a router chose, as an answer: `["ok", call, routes]`, or as a node's where values with handles are sent. */
export function routerAnswer(call: number, chosen: unknown, { shape, name, labels }: Place & { labels: Labels }, shared: SharedValues): unknown[] {
  const goto = routes(chosen, shape, name, labels, shared);
  const isShared = (Array.isArray(goto) ? goto : [goto]).some((one: unknown) => typeof one === 'object' && one !== null && 'shared' in one);
  return isShared ? ['cmd', call, [{ goto }]] : ['ok', call, goto];
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

/** The fields of an update one by one, where the engine has handles of values in it: `[[field, value], …]`. */
function sharedFields(written: unknown, shared: SharedValues): [field: string, value: SaidValue][] | undefined {
  if (shared.isEmpty || typeof written !== 'object' || written === null || Array.isArray(written)) return undefined;
  if (typeof (written as { toJSON?: unknown }).toJSON === 'function') return undefined;
  let isShared = false;
  const fields: [string, SaidValue][] = [];
  for (const field of Object.keys(written)) {
    const value = (written as Members)[field];
    // As JSON leaves it out.
    if (value === undefined) continue;
    const said = shared.said(value);
    isShared ||= said !== undefined;
    fields.push([field, said ?? [value]]);
  }
  return isShared ? fields : undefined;
}

/** A command, as the engine takes it: `{ update?, goto?, graph? }`, with `shared` in place of `update` where handles are in it. */
export function command(given: Command, shape: GraphShape, who: string, shared = NOTHING_SHARED): Members {
  const made: Members = {};
  const target = given.graph === PARENT ? (shape.outer ?? shape) : shape;
  if (given.update !== undefined) {
    const plain = update(given.update, target, who);
    const fields = sharedFields(plain, shared);
    if (fields === undefined) made['update'] = plain;
    else made['shared'] = fields;
  }
  if (given.goto !== undefined) made['goto'] = routes(given.goto, target, who, undefined, shared);
  if (given.graph !== undefined) made['graph'] = given.graph;
  return made;
}

type Labels = Readonly<Record<string, string>> | undefined;

/** What a router chose, as the engine takes it. */
function routes(chosen: unknown, shape: GraphShape, who: string, labels: Labels, shared: SharedValues): unknown {
  if (Array.isArray(chosen)) return chosen.map((one) => route(one, shape, who, labels, shared));
  return route(chosen, shape, who, labels, shared);
}

function route(chosen: unknown, shape: GraphShape, who: string, labels: Labels, shared: SharedValues): unknown {
  if (isSend(chosen)) return send(chosen, shape, who, shared);
  if (labels !== undefined && Object.hasOwn(labels, String(chosen))) return labels[String(chosen)];
  if (typeof chosen === 'string') return chosen;
  throw new RuntimeError('ROUTER_FAILED', `the router of \`${who}\` chose ${describe(chosen)}. Give a node's name, \`END\`, a \`Send\`, or a list of those`);
}

/** A send, as the engine takes it: with `shared` in place of `args` where handles are in it. */
function send({ node, args, timeout }: Send, shape: GraphShape, who: string, shared: SharedValues): Members {
  const made: Members = { node };
  const said = shared.said(args);
  if (said === undefined) made['args'] = args === undefined ? null : update(args, shape, who);
  else made['shared'] = said;
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
