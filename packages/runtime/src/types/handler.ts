import type { Graph } from '../graph.js';
import type { GraphEventName, StreamEventData } from './payloads.js';

/**
 * What the run knows about the place an event comes from: `run_id`, `thread_id`, `langgraph_node`
 * (`agent=<id>`, `tools=<id>`), `ls_provider`, `ls_model_name`, and the scalar members of the call's `configurable`.
 */
export type EventMetadata = Record<string, unknown>;

/**
 * Handles one kind of event. Handlers are called in order, one at a time; a promise that comes back is awaited before the
 * next event, so a slow handler slows the run down rather than filling memory.
 *
 * A handler that throws ends the run, and `processStream` rejects with that very error. Not so for `on_run_step_closed`
 * (the error is dropped) and for `on_run_step_completed` and the summary, subagent, log and usage events (the error is
 * written to the console).
 */
export interface EventHandler<Data = any> {
  handle(event: string, data: Data, metadata?: EventMetadata, graph?: Graph): void | Promise<void>;
}

/** A handler as a plain function. */
export type EventHandlerFunction<Data = any> = EventHandler<Data>['handle'];

/** Handlers by event name. Events without a handler never leave the native engine. */
export type CustomHandlers = {
  [E in GraphEventName]?: EventHandler<StreamEventData<E>> | EventHandlerFunction<StreamEventData<E>>;
};
