// Waiting: what a run takes in memory that waits for something.
import { WAITING } from './cases.mjs';
import { errors, median, rounds } from './rounds.mjs';
import { columns, number, problems, row } from './text.mjs';

export async function compareWaiting(programs, { isQuick, count }) {
  const runs = isQuick ? WAITING.quick : WAITING.runs;
  console.log(`\n### ${runs.toLocaleString('en')} runs of five nodes that wait at once`);
  columns('', 'KB a waiting run, no checkpointer', 'CPU µs a run', 'KB a waiting run, memory', 'CPU µs a run');
  const asked = programs.filter(({ states }) => states !== 'json');
  const without = await rounds(asked, { measure: 'waiting', runs, threads: false }, count);
  const onThreads = await rounds(asked, { measure: 'waiting', runs, threads: true }, count);
  for (const { name, title } of asked) {
    const cells = [without, onThreads].flatMap((answers) => [
      number(median(answers[name], ({ bytes }) => bytes / 1024)),
      number(median(answers[name], ({ cpuMs }) => (1e3 * cpuMs) / runs)),
    ]);
    row(title, ...cells);
  }
  problems([...errors(asked, without), ...errors(asked, onThreads)]);
}
