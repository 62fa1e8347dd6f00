// Growth: what a conversation takes on disk, and how long its last state takes to load.
import { GROWTH } from './cases.mjs';
import { errors, median, rounds } from './rounds.mjs';
import { number, table, times } from './text.mjs';

export async function compareGrowth(programs, { isQuick, count }) {
  console.log(`\n### A conversation on SQLite, ${GROWTH.bytes} bytes a turn`);
  table(['turns', '', 'messages, MB', 'on disk, MB', 'times the messages', 'load of the last state, ms', 'CPU ms a turn'], []);
  const asked = programs.filter(({ states }) => states !== 'json');
  for (const turns of isQuick ? GROWTH.quick : GROWTH.turns) {
    const answers = await rounds(asked, { measure: 'growth', turns, bytes: GROWTH.bytes }, count);
    for (const { name, title } of asked) {
      const of = (value) => median(answers[name], value);
      const cells = [
        number(of(({ messageBytes }) => messageBytes / 1e6)),
        number(of(({ diskBytes }) => diskBytes / 1e6)),
        times(of(({ diskBytes, messageBytes }) => diskBytes / messageBytes)),
        number(of(({ loadMs }) => loadMs)),
        number(of(({ cpuMs }) => cpuMs / turns)),
      ];
      console.log(`| ${[turns, title, ...cells].join(' | ')} |`);
    }
    for (const problem of errors(asked, answers)) console.log(`\nNot measured: ${problem}`);
  }
}
