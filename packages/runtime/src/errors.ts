/** An error as the native engine describes it. */
export interface ErrorJson {
  name: string;
  message: string;
  /** Stable; the message may change between versions. */
  code: string;
  /** The provider's HTTP status. */
  status?: number;
  /** The provider's id of the request. */
  requestId?: string;
  /** How long the provider asks to wait. */
  retryAfterMs?: number;
  /** What caused it, the nearest cause first. */
  causes?: string[];
  /** The error is the one that a JavaScript handler threw. */
  handler?: true;
}

/** An error of the runtime. `code` is stable, the message is for people. */
export class RuntimeError extends Error {
  /** For example `MISSING_RUN_ID`, `PROVIDER_RATE_LIMIT`, `STREAM_TRUNCATED`. */
  readonly code: string;
  /** The provider's HTTP status, where it answered with one. */
  declare readonly status?: number;
  /** The provider's id of the request. */
  declare readonly requestId?: string;
  /** Milliseconds that the provider asks to wait. */
  declare readonly retryAfterMs?: number;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The run was aborted: by `graphConfig.signal` or by the call's `signal`. `cause` is the signal's reason. */
export class AbortError extends RuntimeError {
  constructor(reason?: unknown) {
    super('CANCELLED', 'This operation was aborted', reason === undefined ? undefined : { cause: reason });
  }
}
hideName(AbortError.prototype, 'AbortError');

/** Makes the error object that a host sees from the native engine's description. */
export function errorFromJson(json: ErrorJson): RuntimeError {
  const cause = causesToError(json.causes);
  const error = new RuntimeError(json.code, json.message, cause && { cause });
  if (json.name !== 'Error') hideName(error, json.name);
  const fields = error as { status?: number; requestId?: string; retryAfterMs?: number };
  if (json.status !== undefined) fields.status = json.status;
  if (json.requestId !== undefined) fields.requestId = json.requestId;
  if (json.retryAfterMs !== undefined) fields.retryAfterMs = json.retryAfterMs;
  return error;
}

/** Name and message of anything that was thrown. */
export function describeThrown(thrown: unknown): { name: string; message: string } {
  if (thrown instanceof Error || (typeof thrown === 'object' && thrown !== null && 'message' in thrown)) {
    const { name, message } = thrown as { name?: unknown; message: unknown };
    return { name: typeof name === 'string' ? name : 'Error', message: String(message) };
  }
  try {
    return { name: 'Error', message: String(thrown) };
  } catch {
    return { name: 'Error', message: 'a value that has no text was thrown' };
  }
}

function causesToError(causes: string[] | undefined): Error | undefined {
  return causes?.reduceRight<Error | undefined>((cause, message) => new Error(message, cause && { cause }), undefined);
}

/** Sets `name` as the built-in errors have it: not enumerable, so that an inspected error does not repeat it. */
function hideName(target: object, name: string): void {
  Object.defineProperty(target, 'name', { value: name, configurable: true, writable: true, enumerable: false });
}
