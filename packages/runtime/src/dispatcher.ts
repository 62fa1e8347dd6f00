import { errorFromJson, RuntimeError, type ErrorJson } from './errors.js';
import { loadNative, version, type NativeBinding } from './native.js';
import { Pump } from './state-graph/pump.js';

/** One record of a batch: the name of an event, or of a control item (`@…`), and its data. */
export type Item = [name: string, data: any];

/** Where a run's records go. */
export interface RunSink {
  accept(items: Item[]): void;
  /** Records are lost; the run cannot go on. */
  breakDown(error: unknown): void;
}

/** Who has this many different warnings does not read them. */
const MOST_WARNINGS = 100;

/**
 * Takes the batches of all runs of this process and hands each run its own. Holds a run only while it is going on.
 */
export class Dispatcher {
  readonly native: NativeBinding;
  /** Carries what state graphs and the engine say to each other. */
  readonly pump: Pump;
  readonly #sinks = new Map<number, RunSink>();
  readonly #warned = new Set<string>();

  constructor(native: NativeBinding) {
    this.native = native;
    this.pump = new Pump(this);
    native.connect((batch) => this.dispatch(batch));
  }

  /** How many runs are going on. */
  get size(): number {
    return this.#sinks.size;
  }

  /** Checks a configuration and gives the run's number. */
  createRun(config: string): number {
    const answer = JSON.parse(this.native.createRun(config)) as
      | { ok: true; run: number; warnings?: string[] }
      | { ok: false; error: ErrorJson };
    if (!answer.ok) throw errorFromJson(answer.error);
    answer.warnings?.forEach((text) => this.warn(text));
    return answer.run;
  }

  /** Warns once: hosts make the same configuration for each run. */
  warn(text: string): void {
    if (this.#warned.has(text) || this.#warned.size >= MOST_WARNINGS) return;
    this.#warned.add(text);
    process.emitWarning(text, { type: 'MossWarning', code: 'MOSS_UNKNOWN_OPTION' });
  }

  /** From now on the run's records go to `sink`. */
  open(run: number, sink: RunSink): void {
    this.#sinks.set(run, sink);
  }

  /** Records that still come are refused. */
  close(run: number): void {
    this.#sinks.delete(run);
  }

  /** Hands a batch to its runs. Called by the native side: what it threw nobody could catch, so it throws nothing. */
  dispatch(batch: string): void {
    let records: [number, Item[]][];
    try {
      records = JSON.parse(batch) as [number, Item[]][];
    } catch (cause) {
      const error = new RuntimeError('INTERNAL', 'The native engine sent a batch of events that is not JSON', { cause });
      for (const sink of [...this.#sinks.values()]) sink.breakDown(error);
      return;
    }
    this.pump.hold();
    for (let i = 0; i < records.length; i++) {
      const [run, items] = records[i]!;
      const sink = this.#sinks.get(run);
      if (sink !== undefined) accept(sink, items);
      // The engine may be waiting for an answer, and the run that would give it is over.
      else if (items.some(([name]) => !name.startsWith('@'))) this.native.handled(run, 0, false);
    }
    this.pump.release();
  }
}

function accept(sink: RunSink, items: Item[]): void {
  try {
    sink.accept(items);
  } catch (error) {
    sink.breakDown(error);
  }
}

const shared = Symbol.for(`@moss/runtime ${version} dispatcher`);

/**
 * The dispatcher of this process. It hangs on the global object because a process may load this package twice, as an ES module
 * and as CommonJS, while the native side takes one connection.
 */
export function processDispatcher(): Dispatcher {
  const holder = globalThis as { [shared]?: Dispatcher };
  return (holder[shared] ??= new Dispatcher(loadNative()));
}
