// Growth: what a conversation takes on disk, and how long its last state takes to load.
import { GROWTH } from './cases.mjs';
import { errors, median, rounds } from './rounds.mjs';
import { columns, number, problems, row, times } from './text.mjs';

export async function compareGrowth(programs, { isQuick, count }) {
  console.log(`\n### A conversation on SQLite, ${GROWTH.bytes} bytes a turn`);
  columns('turns', '', 'messages, MB', 'on disk, MB', 'times the messages', 'load of the last state, ms', 'CPU ms a turn');
  const asked = programs.filter(({ states }) => states !== 'json');
  const failed = [];
  for (const turns of isQuick ? GROWTH.quick : GROWTH.turns) {
    const answers = await rounds(asked, { measure: 'growth', turns, bytes: GROWTH.bytes }, count);
    failed.push(...errors(asked, answers));
    for (const { name, title } of asked) {
      const of = (value) => median(answers[name], value);
      row(
        turns,
        title,
        number(of(({ messageBytes }) => messageBytes / 1e6)),
        number(of(({ diskBytes }) => diskBytes / 1e6)),
        times(of(({ diskBytes, messageBytes }) => diskBytes / messageBytes)),
        number(of(({ loadMs }) => loadMs)),
        number(of(({ cpuMs }) => cpuMs / turns)),
      );
    }
  }
  problems(failed);
}
