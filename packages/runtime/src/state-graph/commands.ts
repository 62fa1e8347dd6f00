/** The way into a graph: edges from it lead to the nodes that run first. */
export const START = '__start__';
/** The way out of a graph: an edge to it ends this way. */
export const END = '__end__';
/** The graph around this one, as the target of a `Command`. */
export const PARENT = '__parent__';

/** What a send or a command may say about the time a task has. Milliseconds. */
export interface TimeoutPolicy {
  /** The whole attempt. */
  runMs?: number;
  /** The longest time without a sign of life. */
  idleMs?: number;
  /** What counts as a sign of life: `auto`, all that a node writes and `heartbeat()`; `heartbeat`, only that. Default: `auto`. */
  refresh?: 'auto' | 'heartbeat';
}

// The package may be loaded twice in one process, as an ES module and as CommonJS: classes are told by a mark, not by identity.
const MARK = Symbol.for('@moss/runtime state-graph mark');

function mark(prototype: object, name: string): void {
  Object.defineProperty(prototype, MARK, { value: name });
}

function marked(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && (value as { [MARK]?: unknown })[MARK] === name;
}

/** A task of a node with an input of its own, in the next superstep. A router or a `Command` gives it. */
export class Send<Args = any> {
  /** The node. */
  readonly node: string;
  /** What the node sees instead of the state. */
  readonly args: Args;
  /** The time this task has, instead of the node's own. */
  readonly timeout: number | TimeoutPolicy | undefined;

  constructor(node: string, args: Args, options: { timeout?: number | TimeoutPolicy } = {}) {
    this.node = node;
    this.args = args;
    this.timeout = options.timeout;
  }
}

mark(Send.prototype, 'send');

/** What a `Command` says. */
export interface CommandFields {
  /** Fields to write. */
  update?: Record<string, any> | undefined;
  /** Where to go beside the node's edges. A node declares where with its `ends`. */
  goto?: string | Send | readonly (string | Send)[] | undefined;
  /** `PARENT`: the command is for the graph around this one. */
  graph?: typeof PARENT | undefined;
  /** As an input: the answer to the open question, or answers by the ids of their questions. */
  resume?: unknown;
}

/** What a node gives back to write and to choose where to go on; as a run's input also the answer to a question. */
export class Command {
  readonly update: Record<string, any> | undefined;
  readonly goto: string | Send | readonly (string | Send)[] | undefined;
  readonly graph: typeof PARENT | undefined;
  readonly resume: unknown;
  /** Whether `resume` was given: every value is an answer, `undefined` as null. */
  readonly hasResume: boolean;

  constructor(fields: CommandFields) {
    this.update = fields.update;
    this.goto = fields.goto;
    this.graph = fields.graph;
    this.resume = fields.resume;
    this.hasResume = 'resume' in fields;
  }
}

mark(Command.prototype, 'command');

/** Takes the place of what a field holds and of all that others write to it in the superstep, whatever its reducer. */
export class Overwrite<Value = any> {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }


  /** As the engine reads it. */
  toJSON(): { __overwrite__: Value } {
    return { __overwrite__: this.value };
  }
}

mark(Overwrite.prototype, 'overwrite');

/** Whether a value is a `Send`, of whichever copy of this package. */
export function isSend(value: unknown): value is Send {
  return marked(value, 'send');
}

/** Whether a value is a `Command`, of whichever copy of this package. */
export function isCommand(value: unknown): value is Command {
  return marked(value, 'command');
}

/** Whether a value is an `Overwrite`, of whichever copy of this package. */
export function isOverwrite(value: unknown): value is Overwrite {
  return marked(value, 'overwrite');
}
