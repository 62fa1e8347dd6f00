import { RuntimeError } from './errors.js';
import { GraphEvents } from './events.js';
import type { EventHandler } from './types/handler.js';

/** What becomes of the run when a handler throws. */
export type FailurePolicy = 'reject' | 'report' | 'ignore';

/** Handlers by event name, one an event. */
export class HandlerRegistry {
  readonly #handlers = new Map<string, EventHandler>();

  /** Takes the handlers of a configuration: objects with `handle`, or functions. */
  static from(customHandlers: object | null | undefined): HandlerRegistry {
    const registry = new HandlerRegistry();
    for (const [event, handler] of Object.entries(customHandlers ?? {})) {
      if (handler !== undefined && handler !== null) registry.register(event, handler as EventHandler);
    }
    return registry;
  }

  /** Sets the handler of an event, in place of the one before. Events of runs that were created before are not affected. */
  register(event: string, handler: EventHandler | EventHandler['handle']): void {
    if (typeof handler === 'function') this.#handlers.set(event, { handle: handler });
    else if (typeof (handler as EventHandler | null)?.handle === 'function') this.#handlers.set(event, handler);
    else {
      throw new RuntimeError(
        'INVALID_CONFIG',
        `the handler of \`${event}\` is neither a function nor an object with a \`handle\` function`,
      );
    }
  }

  getHandler(event: string): EventHandler | undefined {
    return this.#handlers.get(event);
  }

  /** Names of the events that have a handler. */
  events(): string[] {
    return [...this.#handlers.keys()];
  }
}

/**
 * As the Run interface does: a failure while a step is being closed is dropped, and one in an event that only informs is
 * written down; every other failure ends the run.
 */
export function failurePolicy(event: string): FailurePolicy {
  switch (event) {
    case GraphEvents.ON_RUN_STEP_CLOSED:
      return 'ignore';
    case GraphEvents.ON_RUN_STEP_COMPLETED:
    case GraphEvents.ON_SUMMARIZE_START:
    case GraphEvents.ON_SUMMARIZE_DELTA:
    case GraphEvents.ON_SUMMARIZE_COMPLETE:
    case GraphEvents.ON_SUBAGENT_UPDATE:
    case GraphEvents.ON_AGENT_LOG:
    case GraphEvents.ON_CONTEXT_USAGE:
      return 'report';
    default:
      return 'reject';
  }
}
