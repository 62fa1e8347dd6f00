import { errorFromJson, RuntimeError, type ErrorJson } from '../errors.js';

/** An error of a state graph. `code` is stable: `GRAPH_RECURSION_LIMIT`, `INVALID_CONCURRENT_GRAPH_UPDATE`, `UNREACHABLE_NODE` … */
export class GraphError extends RuntimeError {
  /** The state after the last superstep that was committed, where a run failed. */
  declare readonly state?: Record<string, any>;
  /** What failed, where several nodes did or the engine knows the node. */
  declare readonly failures?: readonly NodeFailure[];
}
Object.defineProperty(GraphError.prototype, 'name', { value: 'GraphError', configurable: true, writable: true, enumerable: false });

/** A node that failed. */
export interface NodeFailure {
  /** The node's name. */
  node: string;
  /** Name of the error. */
  name: string;
  message: string;
  /** What the node threw, where it threw in this run: the very object. */
  error?: unknown;
}

/**
 * Thrown by `context.interrupt` when there is no answer yet. A node lets it pass; the run then ends with the ending
 * `interrupted` and is gone on with by `new Command({ resume })`.
 */
export class GraphInterrupt extends Error {
  /** What is asked. */
  readonly value: unknown;

  constructor(value: unknown) {
    super('the node waits for an answer');
    this.value = value;
  }
}
Object.defineProperty(GraphInterrupt.prototype, 'name', { value: 'GraphInterrupt', configurable: true, writable: true, enumerable: false });

/** An error as the engine describes it, with what it says of nodes. */
export interface GraphErrorJson extends ErrorJson {
  failures?: FailureJson[];
}

/** A node's failure as the engine describes it; `thrown` is the call that threw. */
export interface FailureJson {
  node: string;
  name?: string;
  message: string;
  thrown?: number;
}

/** The error object for the engine's description. */
export function graphErrorFromJson(json: GraphErrorJson, state?: Record<string, any>, failures?: readonly NodeFailure[]): GraphError {
  const { cause, name } = errorFromJson(json);
  const error = new GraphError(json.code, json.message, cause === undefined ? undefined : { cause });
  if (name !== 'Error' && name !== 'RuntimeError') hide(error, 'name', name);
  // Not enumerable: a printed error does not print the whole state.
  if (state !== undefined) hide(error, 'state', state);
  if (failures !== undefined && failures.length > 0) hide(error, 'failures', failures);
  return error;
}

/** Reads an answer of the engine: `{"ok":true, …}` or `{"ok":false,"error":…}`. */
export function answered<T>(text: string): T {
  const answer = JSON.parse(text) as ({ ok: true } & T) | { ok: false; error: GraphErrorJson };
  if (!answer.ok) throw graphErrorFromJson(answer.error);
  return answer;
}

function hide(target: object, member: string, value: unknown): void {
  Object.defineProperty(target, member, { value, configurable: true, writable: true, enumerable: false });
}
