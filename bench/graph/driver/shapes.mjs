// The table: what a run of each graph costs, kept nowhere, in memory and in a file.
import { GOALS, KEEPS, SHAPES } from './cases.mjs';
import { errors, median, rounds } from './rounds.mjs';
import { number, table, times } from './text.mjs';

const LANGGRAPH = 'langgraph';
const microseconds = ({ cpuMs, runs }) => (1e3 * cpuMs) / runs;

export async function compareShapes(programs, { names, spend, count }) {
  const missed = [];
  for (const keep of Object.values(KEEPS)) {
    console.log(`\n### ${keep.title}`);
    const others = programs.filter(({ name }) => name !== LANGGRAPH);
    const measured = programs.map(({ title }) => `${title}, µs a run (a superstep)`);
    table(['', 'supersteps', ...measured, ...others.map(({ title }) => `LangGraph.js / ${title}`)], []);
    const problems = [];
    for (const name of names) {
      const { title, task } = SHAPES[name];
      const asked = { measure: 'shape', ...task, checkpointer: keep.checkpointer, durability: keep.durability, ...spend };
      const answers = await rounds(programs, asked, count);
      const { supersteps } = Object.values(answers).flat().find(({ error }) => error === undefined) ?? {};
      const run = Object.fromEntries(programs.map(({ name }) => [name, median(answers[name], microseconds)]));
      const ratio = ({ name }) => run[LANGGRAPH] / run[name];
      const cells = programs.map(({ name }) => `${number(run[name])} (${number(run[name] / supersteps)})`);
      console.log(`| ${[title, supersteps, ...cells, ...others.map((other) => times(ratio(other)))].join(' | ')} |`);
      problems.push(...errors(programs, answers).map((problem) => `${title}: ${problem}`));
      for (const other of others) {
        if (ratio(other) < GOALS[other.name]) missed.push(`${title}, ${keep.title}: ${other.title} ${times(ratio(other))}, not ${GOALS[other.name]}×`);
      }
    }
    for (const problem of problems) console.log(`\nNot measured: ${problem}`);
  }
  if (programs.some(({ name }) => name === LANGGRAPH)) {
    console.log(missed.length === 0 ? '\nAll goals are kept.' : `\nGoals that are missed:\n\n${missed.map((one) => `- ${one}`).join('\n')}`);
  }
}
