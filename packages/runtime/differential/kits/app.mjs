// A compiled graph of either library. What it gives is plain: without ids and times, messages by their members.
import { plain } from './plain.mjs';

export class App {
  #app;
  #config;
  #kit;

  constructor(app, config, kit) {
    this.#app = app;
    this.#config = config;
    this.#kit = kit;
  }

  /** What a run came to: `{ values, asked? }` or `{ error }`. */
  async invoke(input, config = {}) {
    try {
      const { __interrupt__: asked, ...values } = (await this.#app.invoke(input, this.#config(config))) ?? {};
      return { values: plain(values), ...(asked && { asked: asked.map(({ value }) => plain(value)) }) };
    } catch (error) {
      return { error: this.failure(error) };
    }
  }

  /** The ids of the questions that are open on a thread, by what they ask. */
  async questions(config) {
    const found = await this.#app.getState(this.#config(config));
    const tasks = found.tasks.filter(({ result }) => result === undefined);
    return Object.fromEntries(tasks.flatMap(({ interrupts }) => interrupts.map(({ id, value }) => [value, id])));
  }

  /**
   * The chunks of a stream, and the error at its end. `until` ends it early. Where `values` show the supersteps, updates of one are by
   * name: tasks that are done at once have no order between them; `exact` gives them as they came.
   */
  async stream(input, { mode, subgraphs, until, exact = false, ...config } = {}) {
    const chunks = [];
    try {
      const stream = await this.#app.stream(input, { ...this.#config(config), streamMode: mode, ...(subgraphs && { subgraphs }) });
      for await (const chunk of stream) {
        chunks.push(this.#kit.chunk(plain(chunk), mode));
        if (until?.(chunks)) break;
      }
    } catch (error) {
      chunks.push({ error: this.failure(error) });
    }
    return Array.isArray(mode) && mode.includes('values') && !subgraphs && !exact ? byName(chunks) : chunks;
  }

  /** The chunks of a stream as the library gives them. */
  async raw(input, { mode, ...config }) {
    const chunks = [];
    for await (const chunk of await this.#app.stream(input, { ...this.#config(config), streamMode: mode })) chunks.push(chunk);
    return chunks;
  }

  /** A thread at its last checkpoint, or at `config.checkpoint`. */
  async state(config, options) {
    try {
      return snapshot(await this.#app.getState(this.#config(config), options));
    } catch (error) {
      return { error: this.failure(error) };
    }
  }

  /**
   * The checkpoints of a thread, the oldest first, with the place of each one's parent; and their ids. LangGraph's checkpoint of an
   * input, which holds nothing of it yet, is one with that behind it.
   */
  async history(config, options) {
    const all = [];
    for await (const one of this.#app.getStateHistory(this.#config(config), options)) all.unshift(one);
    const isInput = ({ next }) => next[0] === '__start__';
    const parentOf = new Map(all.map((one) => [idOf(one), idOf({ config: one.parentConfig })]));
    const inputs = new Set(all.filter(isInput).map(idOf));
    // With the durability `exit` the one is there without the other.
    const isFirst = ({ metadata: { source, step } }) => source === 'loop' && step === 0;
    const found = all.filter((one) => !isInput(one));
    const ids = found.map(idOf);
    const checkpoints = found.map((one) => {
      const parent = parentOf.get(idOf(one));
      const { values, next } = snapshot(one);
      const source = inputs.has(parent) || isFirst(one) ? 'input' : one.metadata.source;
      return { source, values, next, parent: ids.indexOf(inputs.has(parent) ? parentOf.get(parent) : parent) };
    });
    return { ids, checkpoints };
  }

  /** What is noted on the checkpoints of a thread, the oldest first, as the library gives it. */
  async notes(config) {
    const found = [];
    for await (const { next, tasks, metadata } of this.#app.getStateHistory(this.#config(config))) {
      found.unshift([metadata.source, metadata.step, next, tasks.map(({ interrupts, result }) => [interrupts.length, result !== undefined])]);
    }
    return found;
  }

  async update(config, values, asNode) {
    try {
      const { configurable } = await this.#app.updateState(this.#config(config), values, asNode);
      return { checkpoint: configurable.checkpoint_id };
    } catch (error) {
      return { error: this.failure(error) };
    }
  }

  bulkUpdate(config, supersteps) {
    return this.#app.bulkUpdateState(this.#config(config), this.#kit.supersteps(supersteps));
  }

  async fork(config) {
    return (await this.#kit.fork(this.#app, this.#config(config))).configurable.checkpoint_id;
  }

  /** An error in words of both: the code of the library's own, the text of those that nodes throw. */
  failure(error) {
    if (error instanceof AggregateError) return { several: error.errors.map((one) => this.failure(one)) };
    const code = this.#kit.codeOf(error);
    return code === undefined ? error.message : { code };
  }
}

const idOf = ({ config }) => config?.configurable.checkpoint_id;

/** Chunks with the updates of each superstep by the names of nodes. */
function byName(chunks) {
  const sorted = [];
  let updates = [];
  const flush = () => {
    sorted.push(...updates.sort(([, one], [, other]) => (nodeOf(one) < nodeOf(other) ? -1 : nodeOf(one) > nodeOf(other) ? 1 : 0)));
    updates = [];
  };
  for (const chunk of chunks) {
    if (chunk[0] === 'updates' && !('__interrupt__' in chunk[1])) {
      updates.push(chunk);
    } else {
      if (chunk[0] === 'values') flush();
      sorted.push(chunk);
    }
  }
  flush();
  return sorted;
}

const nodeOf = (update) => Object.keys(update)[0];

function snapshot(found) {
  if (found === undefined) return undefined;
  const { values, next, tasks, conflict } = found;
  const seen = tasks.map(({ name, error, interrupts, result, state }) => ({
    name,
    ...(error && { error: error.message ?? error }),
    ...(interrupts.length > 0 && { asks: interrupts.map(({ value }) => plain(value)) }),
    ...(result && { result: plain(result) }),
    ...(state && !state.configurable ? { inside: plain(state.values ?? state) } : {}),
  }));
  return {
    values: plain(values),
    next: [...next].sort(),
    tasks: seen.sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0)),
    ...(conflict && { conflict: true }),
  };
}
