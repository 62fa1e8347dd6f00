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

  /** The ids of the questions that a thread asks, by what they ask. */
  async questions(config) {
    const { tasks } = await this.#app.getState(this.#config(config));
    return Object.fromEntries(tasks.flatMap(({ interrupts }) => interrupts.map(({ id, value }) => [value, id])));
  }

  /** The chunks of a stream as they come, and the error at its end. `until` ends it early. */
  async stream(input, { mode, subgraphs, until, ...config } = {}) {
    const chunks = [];
    try {
      const stream = await this.#app.stream(input, { ...this.#config(config), streamMode: mode, ...(subgraphs && { subgraphs }) });
      for await (const chunk of stream) {
        chunks.push(plain(chunk));
        if (until?.(chunks)) break;
      }
    } catch (error) {
      chunks.push({ error: this.failure(error) });
    }
    return chunks;
  }

  /** A thread at its last checkpoint. */
  async state(config, options) {
    try {
      return snapshot(await this.#app.getState(this.#config(config), options));
    } catch (error) {
      return { error: this.failure(error) };
    }
  }

  /** The checkpoints of a thread, the oldest first, with the place of each one's parent; and their ids. */
  async history(config, options) {
    const found = [];
    for await (const one of this.#app.getStateHistory(this.#config(config), options)) found.unshift(one);
    const ids = found.map(({ config }) => config.configurable.checkpoint_id);
    const parents = found.map(({ parentConfig }) => ids.indexOf(parentConfig?.configurable.checkpoint_id));
    return { ids, checkpoints: found.map((one, i) => ({ ...snapshot(one), parent: parents[i] })) };
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
    return this.#app.bulkUpdateState(this.#config(config), this.#kit.name === 'moss' ? supersteps : supersteps.map((updates) => ({ updates })));
  }

  async fork(config) {
    const forked = this.#app.fork ? await this.#app.fork(this.#config(config)) : await this.#app.updateState(this.#config(config), null, '__copy__');
    return forked.configurable.checkpoint_id;
  }

  /** An error in words of both: the code of the library's own, the text of those that nodes throw. */
  failure(error) {
    if (error instanceof AggregateError) return { several: error.errors.map((one) => this.failure(one)) };
    const code = this.#kit.codeOf(error);
    return code === undefined ? error.message : { code };
  }
}

function snapshot(found) {
  if (found === undefined) return undefined;
  const { values, next, tasks, metadata, conflict } = found;
  return {
    values: plain(values),
    next: [...next],
    tasks: tasks.map(({ name, error, interrupts, result, state }) => ({
      name,
      ...(error && { error: error.message ?? String(error) }),
      ...(interrupts.length > 0 && { asks: interrupts.map(({ value }) => plain(value)) }),
      ...(result && { result: plain(result) }),
      ...(state?.values || (state && !state.configurable) ? { inside: plain(state.values ?? state) } : {}),
    })),
    source: metadata?.source,
    step: metadata?.step,
    ...(conflict && { conflict: true }),
  };
}
