import type { Dispatcher } from '../dispatcher.js';
import { RuntimeError } from '../errors.js';
import { jsonText } from './json-text.js';

/** One thing that JavaScript says to the engine: its kind, its call, and what belongs to it. */
export type Answer = unknown[];

/** Who has answers for the engine. */
export interface Answerer {
  readonly run: number;
  /** What the pump has not taken yet. */
  answers: Answer[];
  /** Whether the pump knows of it. The pump's own. */
  queued: boolean;
  /** An answer cannot be written as JSON: what is said instead, if anything. */
  unsendable(answer: Answer, error: unknown): Answer | undefined;
  breakDown(error: unknown): void;
}

/** After so many exchanges, or so many milliseconds, timers and sockets get their turn. */
const MOST_IN_A_ROW = 64;
const LONGEST_IN_A_ROW_MS = 5;

const RESOLVED = Promise.resolve();

/**
 * Carries the answers of all runs to the engine and what it says to them back: one call a microtask for all that is ready. The
 * engine works within the call, so a superstep needs no other thread.
 */
export class Pump {
  readonly #dispatcher: Dispatcher;
  /** Who has something to say, or wants the engine to look at its run. */
  #waiting: Answerer[] = [];
  #planned = false;
  /** Items are being handled: what comes of them goes in one exchange. */
  #held = false;
  /** Exchanges since timers and sockets last had their turn, and when the first of them was. */
  #inARow = 0;
  #since = 0;
  #pending = 0;
  #alive: NodeJS.Timeout | undefined;

  readonly #exchangeNow = (): void => this.#exchange();
  readonly #exchangeInTurn = (): void => {
    this.#inARow = 0;
    this.#exchange();
  };

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher;
  }

  /** Says something to the engine, soon. */
  answer(from: Answerer, answer: Answer): void {
    from.answers.push(answer);
    if (!from.queued) this.#plan(from);
  }

  /** Has the engine look at a run, though there is nothing to say. */
  wake(from: Answerer): void {
    if (!from.queued) this.#plan(from);
  }

  /** So many more (or fewer) operations are under way. While one is, the process does not end. */
  keepAlive(more: 1 | -1): void {
    this.#pending += more;
    if (this.#pending > 0) this.#alive ??= setInterval(() => {}, 2 ** 30);
    else {
      clearInterval(this.#alive);
      this.#alive = undefined;
    }
  }

  /** Items are going to be handled. */
  hold(): void {
    this.#held = true;
  }

  /** They are: what came of them goes behind what is planned already, such as promises that are settled. */
  release(): void {
    this.#held = false;
    if (!this.#planned && this.#waiting.length > 0) this.#planExchange();
  }

  #plan(from: Answerer): void {
    from.queued = true;
    this.#waiting.push(from);
    if (!this.#planned && !this.#held) this.#planExchange();
  }

  #planExchange(): void {
    this.#planned = true;
    if (this.#inARow === 0) this.#since = performance.now();
    if (++this.#inARow > MOST_IN_A_ROW || performance.now() - this.#since > LONGEST_IN_A_ROW_MS) setImmediate(this.#exchangeInTurn);
    // Cheaper than `queueMicrotask`, which makes an object of its own for each.
    else void RESOLVED.then(this.#exchangeNow);
  }

  #exchange(): void {
    this.#planned = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    const said: [number, Answer[]][] = [];
    for (let i = 0; i < waiting.length; i++) {
      const from = waiting[i]!;
      said.push([from.run, from.answers]);
      from.answers = [];
      from.queued = false;
    }
    this.#tell(said, waiting);
  }

  /** Says it all in one call; what cannot be said so, answer by answer. */
  #tell(said: [number, Answer[]][], from: Answerer[]): void {
    try {
      this.#dispatcher.dispatch(this.#hear(said));
    } catch (error) {
      if (error instanceof Unsayable) for (let i = 0; i < from.length; i++) this.#tellOneByOne(said[i]![1], from[i]!);
      else for (const answerer of from) answerer.breakDown(error);
    }
  }

  #tellOneByOne(answers: Answer[], from: Answerer): void {
    if (answers.length === 0) this.#tell([[from.run, answers]], [from]);
    for (const answer of answers) {
      try {
        this.#dispatcher.dispatch(this.#hear([[from.run, [answer]]]));
      } catch (error) {
        const instead = error instanceof Unsayable ? from.unsendable(answer, error.cause) : undefined;
        if (instead !== undefined) this.#tell([[from.run, [instead]]], [from]);
        else if (!(error instanceof Unsayable)) from.breakDown(error);
      }
    }
  }

  /** What the engine says to these answers. Throws `Unsayable` where it has taken none of them. */
  #hear(said: [number, Answer[]][]): string {
    let text: string;
    try {
      text = jsonText(said);
    } catch (cause) {
      throw new Unsayable(cause);
    }
    try {
      return this.#dispatcher.native.pumpGraphs(text);
    } catch (cause) {
      if (cause instanceof Error && cause.message.startsWith('the answers are unreadable')) throw new Unsayable(cause);
      throw new RuntimeError('INTERNAL', 'The native engine failed', { cause });
    }
  }
}

/** JSON cannot carry an answer, or the engine cannot read it: it is nested too deeply. */
class Unsayable extends Error {
  constructor(cause: unknown) {
    super('unsayable', { cause });
  }
}
