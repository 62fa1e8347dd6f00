// All scenarios: by name, what is done with a library and seen of it.
import { scenarios as failures } from './failures.mjs';
import { scenarios as questions } from './questions.mjs';
import { scenarios as state } from './state.mjs';
import { scenarios as streams } from './streams.mjs';
import { scenarios as subgraphs } from './subgraphs.mjs';
import { scenarios as threads } from './threads.mjs';
import { scenarios as ways } from './ways.mjs';

export const scenarios = { ...state, ...ways, ...failures, ...questions, ...threads, ...streams, ...subgraphs };

/** What is seen of a library in a scenario: plain values by what they are of. */
export async function record(kit, scenario) {
  const seen = {};
  let done = 'done';
  try {
    await scenario(kit, (what, value) => {
      if (what in seen) throw new Error(`${what} is seen twice`);
      seen[what] = value === undefined ? 'nothing' : JSON.parse(JSON.stringify(value));
    });
  } catch (error) {
    done = { failed: kit.codeOf(error) ?? error.message };
  }
  return { ...seen, 'the scenario': done };
}
