import { failurePolicy, type FailurePolicy, type HandlerRegistry } from './handlers.js';
import type { Item, RunSink } from './dispatcher.js';
import type { Graph } from './graph.js';
import type { NativeBinding } from './native.js';
import { payloadReaders, type PayloadReader } from './payload-readers.js';
import type { ToolCalls, ToolRequest } from './tool-calls.js';
import type { EventHandler, EventMetadata } from './types/handler.js';

/** What is done with one kind of event. */
interface Route {
  handler: EventHandler | undefined;
  /** Turns the payload into what handlers expect; most payloads are that already. */
  read: PayloadReader | undefined;
  policy: FailurePolicy;
}

/** What a channel needs of its run. */
export interface ChannelOptions {
  native: NativeBinding;
  run: number;
  graph: Graph;
  handlers: HandlerRegistry;
  tools: ToolCalls;
}

const AT = 64; // '@' begins the name of a control item

/**
 * Takes one run's items in order and calls the handlers, one at a time.
 *
 * While handlers are synchronous, a batch is walked in one loop without a promise or a closure; a handler that returns a promise
 * interrupts the walk until it settles. After each batch the engine is told how many events were handled, and sends the next.
 */
export class RunChannel implements RunSink {
  readonly #native: NativeBinding;
  readonly #run: number;
  readonly #graph: Graph;
  readonly #tools: ToolCalls;
  readonly #routes = new Map<string, Route>();

  /** Batches that came while another was being walked. */
  readonly #waiting: Item[][] = [];
  #items: Item[] | undefined;
  #position = 0;
  #handled = 0;
  #events = 0;
  /** No more handlers in this batch: the run was aborted, or a handler threw. */
  #stopped = false;
  #failed = false;
  #metadata: EventMetadata = {};
  #policy: FailurePolicy = 'reject';
  #thrown: { error: unknown } | undefined;
  #broken: unknown;
  #idle: (() => void)[] = [];

  readonly #resume = (): void => {
    this.#walk();
  };
  readonly #rejected = (error: unknown): void => {
    this.#caught(error);
    this.#walk();
  };

  constructor(options: ChannelOptions) {
    this.#native = options.native;
    this.#run = options.run;
    this.#graph = options.graph;
    this.#tools = options.tools;
    const readers = payloadReaders(options.graph, options.tools);
    for (const event of new Set([...options.handlers.events(), ...readers.keys()])) {
      this.#routes.set(event, {
        handler: options.handlers.getHandler(event),
        read: readers.get(event),
        policy: failurePolicy(event),
      });
    }
  }

  /** What the first failing handler threw. */
  get thrown(): { error: unknown } | undefined {
    return this.#thrown;
  }

  /** Why the channel could not go on; undefined while it can. */
  get broken(): unknown {
    return this.#broken;
  }

  accept(items: Item[]): void {
    if (this.#items !== undefined) {
      // A cancellation must not wait for the handler that is holding the batch up.
      for (const [name, data] of items) if (name === '@toolCancel') this.#tools.cancel((data as { call: number }).call);
      this.#waiting.push(items.filter(([name]) => name !== '@toolCancel'));
      return;
    }
    this.#begin(items);
    this.#walk();
  }

  /**
   * The host aborted: the handler that is working now is the last of its batch. What the engine sends after that (how the open
   * steps ended) comes in a batch of its own, and is delivered.
   */
  abort(reason: unknown): void {
    if (this.#items !== undefined) this.#stopped = true;
    this.#native.cancelRun(this.#run);
    this.#tools.abort(reason);
  }

  breakDown(error: unknown): void {
    this.#broken ??= error;
    this.abort(error);
  }

  /** Resolves when no batch is being walked. */
  idle(): Promise<void> {
    return this.#items === undefined ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #begin(items: Item[]): void {
    this.#items = items;
    this.#position = 0;
    this.#handled = 0;
    this.#events = 0;
    this.#stopped = false;
    this.#failed = false;
  }

  /** Goes on until the items are used up or a handler returns a promise. */
  #walk(): void {
    while (this.#items !== undefined) {
      const items = this.#items;
      while (this.#position < items.length) {
        const item = items[this.#position++]!;
        if (item[0].charCodeAt(0) === AT) this.#control(item);
        else {
          this.#events++;
          if (!this.#stopped && this.#handle(item)) return;
        }
      }
      this.#finish();
    }
  }

  /** Calls the handler of an event. True when a promise must settle first. */
  #handle(item: Item): boolean {
    this.#handled++;
    const name = item[0];
    const route = this.#routes.get(name);
    if (route === undefined) return false;
    this.#policy = route.policy;
    try {
      const data: unknown = route.read === undefined ? item[1] : route.read(item[1]);
      if (route.handler === undefined) return false;
      const returned: unknown = route.handler.handle(name, data, this.#metadata, this.#graph);
      if (isThenable(returned)) {
        Promise.resolve(returned).then(this.#resume, this.#rejected);
        return true;
      }
    } catch (error) {
      this.#caught(error, name);
    }
    return false;
  }

  #caught(error: unknown, name = this.#items?.[this.#position - 1]?.[0]): void {
    switch (this.#policy) {
      case 'ignore':
        return;
      case 'report':
        console.warn(`[moss] the handler of ${name} failed:`, error);
        return;
      case 'reject':
        this.#thrown ??= { error };
        this.#stopped = true;
        this.#failed = true;
    }
  }

  #control(item: Item): void {
    const [name, data] = item;
    if (name === '@metadata') this.#metadata = data as EventMetadata;
    else if (name === '@tool') this.#tools.start(data as ToolRequest, this.#metadata);
    else if (name === '@toolCancel') this.#tools.cancel((data as { call: number }).call);
    // Control items of a later version are left alone.
  }

  #finish(): void {
    const answer = this.#events > 0;
    const handled = this.#handled;
    const failed = this.#failed;
    const next = this.#waiting.shift();
    if (next === undefined) this.#items = undefined;
    else this.#begin(next);
    if (answer) this.#native.handled(this.#run, handled, failed);
    if (next === undefined && this.#idle.length > 0) {
      const idle = this.#idle;
      this.#idle = [];
      for (const resolve of idle) resolve();
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
