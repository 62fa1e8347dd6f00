// Programs in turns, and what they measured.
import { ask } from './programs.mjs';

/**
 * What each program answers to a task, by the program's name, in rounds: each begins with another one, so that none always
 * follows the same, and what else the machine does hits all alike.
 *
 * @returns {Promise<Record<string, object[]>>} a list for each program; of one that fails, `{ error }` once
 */
export async function rounds(programs, task, count) {
  const answers = Object.fromEntries(programs.map(({ name }) => [name, []]));
  for (let round = 0; round < count; round++) {
    const first = round % programs.length;
    for (const program of [...programs.slice(first), ...programs.slice(0, first)]) {
      const given = answers[program.name];
      if (given[0]?.error === undefined) given.push(await ask(program, task));
    }
  }
  return answers;
}

/** The middle of what these answers say; undefined where there is none. */
export function median(answers, value) {
  const values = (answers ?? []).filter(({ error }) => error === undefined).map(value).sort((a, b) => a - b);
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2 || undefined;
}

/** What went wrong, of all programs. */
export function errors(programs, answers) {
  return programs.flatMap(({ name, title }) => {
    const failed = answers[name]?.find(({ error }) => error !== undefined);
    return failed ? [`${title}: ${failed.error}`] : [];
  });
}
