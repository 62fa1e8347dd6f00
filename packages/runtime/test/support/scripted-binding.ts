import { Dispatcher } from '#runtime/dispatcher';
import { version, type NativeBinding } from '#runtime/native';

/** The engine's side of one run, for a script to play. */
export class ScriptedRun {
  readonly input: any;
  /** What the engine was told about events, tools and cancellation, in order. */
  readonly told: unknown[] = [];
  cancelled = false;
  readonly #send: (batch: string) => void;
  readonly #run: number;
  readonly #waiting: { match: (told: any) => boolean; resolve: (told: any) => void }[] = [];

  constructor(run: number, input: string, send: (batch: string) => void) {
    this.#run = run;
    this.#send = send;
    this.input = JSON.parse(input);
  }

  /** Sends a batch, and does not wait. */
  post(...items: unknown[]): void {
    this.#send(JSON.stringify([[this.#run, items]]));
  }

  /** Sends a batch with events; resolves with the answer to it. */
  send(...items: unknown[]): Promise<{ handled: number; failed: boolean }> {
    const answer = this.heard((told) => 'handled' in told);
    this.post(...items);
    return answer;
  }

  /** Resolves when the engine is told something that matches, from now on. */
  heard(match: (told: any) => boolean): Promise<any> {
    return new Promise((resolve) => this.#waiting.push({ match, resolve }));
  }

  tell(told: object): void {
    this.told.push(told);
    const index = this.#waiting.findIndex(({ match }) => match(told));
    if (index >= 0) this.#waiting.splice(index, 1)[0]!.resolve(told);
  }
}

export const done = (content: unknown = null, messages: unknown[] = []): object => ({ ok: true, content, messages });
export const failed = (error: object): object => ({ ok: false, error: { name: 'Error', message: 'm', code: 'INTERNAL', ...error }, messages: [] });

/** Plays the native engine in memory: each `processRun` is answered by the next script. */
export class ScriptedBinding implements NativeBinding {
  readonly scripts: ((run: ScriptedRun) => Promise<object>)[] = [];
  readonly configs: any[] = [];
  readonly dropped: number[] = [];
  readonly runs: ScriptedRun[] = [];
  /** Answers to batches of runs that are not going on. */
  readonly orphans: unknown[] = [];
  send: (batch: string) => void = () => {};
  #number = 0;
  readonly #current = new Map<number, ScriptedRun>();

  version(): string {
    return version;
  }
  connect(onBatch: (batch: string) => void): void {
    this.send = onBatch;
  }
  createRun(config: string): string {
    this.configs.push(JSON.parse(config));
    return JSON.stringify({ ok: true, run: ++this.#number });
  }
  async processRun(number: number, input: string): Promise<string> {
    const run = new ScriptedRun(number, input, this.send);
    this.#current.set(number, run);
    this.runs.push(run);
    // As the real engine, which answers from another thread.
    await new Promise((resolve) => setImmediate(resolve));
    return JSON.stringify(await this.scripts.shift()!(run));
  }
  handled(run: number, handled: number, failed: boolean): void {
    const current = this.#current.get(run);
    if (current === undefined) this.orphans.push([run, handled, failed]);
    else current.tell({ handled, failed });
  }
  toolReturned(run: number, call: number, result: string): void {
    this.#current.get(run)?.tell({ call, returned: JSON.parse(result) });
  }
  toolFailed(run: number, call: number, error: string): void {
    this.#current.get(run)?.tell({ call, error: JSON.parse(error) });
  }
  cancelRun(number: number): void {
    const run = this.#current.get(number);
    if (run === undefined) return;
    run.cancelled = true;
    run.tell({ cancelled: true });
  }
  dropRun(run: number): void {
    this.dropped.push(run);
  }

  // State graphs.

  /** The graphs' definitions, in order. */
  readonly graphs: any[] = [];
  /** What operations were asked for, in order. */
  readonly requests: any[] = [];
  /** Answers of the runs, in order, as `[run, answer]`. */
  readonly heard: [number, any[]][] = [];
  /** What is told with the next calls of `pumpGraphs`, each once: a batch, or what makes one of the answers. */
  readonly exchanges: (unknown[] | ((answers: [number, any[][]][]) => unknown[]))[] = [];
  readonly cancelled: number[] = [];
  readonly drained: number[] = [];
  /** What `graphInterrupt` answers. */
  question: object = { waiting: true };
  /** What `graphContext` answers. */
  facts: object = {};
  pumps = 0;

  openStore(): string {
    return '{"ok":true,"store":1}';
  }
  connectStore(options: string): string {
    return this.startGraph(0, options);
  }
  closeStore(): void {}
  createGraph(definition: string): string {
    return JSON.stringify({ ok: true, graph: this.graphs.push(JSON.parse(definition)) });
  }
  dropGraph(): void {}
  drawGraph(_graph: number, format: string): string {
    return JSON.stringify({ ok: true, text: format });
  }
  startGraph(_graph: number, request: string): string {
    this.requests.push(JSON.parse(request));
    return JSON.stringify({ ok: true, run: ++this.#number });
  }
  startStore(store: number, request: string): string {
    return this.startGraph(store, request);
  }
  pumpGraphs(answers: string): string {
    this.pumps++;
    const said = JSON.parse(answers) as [number, any[][]][];
    for (const [run, list] of said) for (const answer of list) this.heard.push([run, answer]);
    const next = this.exchanges.shift() ?? [];
    return JSON.stringify(typeof next === 'function' ? next(said) : next);
  }
  cancelGraph(run: number): void {
    this.cancelled.push(run);
  }
  drainGraph(run: number): void {
    this.drained.push(run);
  }
  graphInterrupt(): string {
    return JSON.stringify(this.question);
  }
  graphHeartbeat(): void {}
  createModel(config: string): string {
    this.configs.push(JSON.parse(config));
    return '{"ok":true,"model":1}';
  }
  dropModel(): void {}
  startModel(model: number, messages: string): string {
    return this.startGraph(model, messages);
  }
  graphContext(): string {
    return JSON.stringify(this.facts);
  }
}

/** Puts a scripted engine in the place of the native one, for this process. */
export function installScriptedBinding(): { binding: ScriptedBinding; dispatcher: Dispatcher } {
  const binding = new ScriptedBinding();
  const dispatcher = new Dispatcher(binding);
  (globalThis as Record<symbol, unknown>)[Symbol.for(`@moss/runtime ${version} dispatcher`)] = dispatcher;
  return { binding, dispatcher };
}
