// The table: what a run of each graph costs, kept nowhere, in memory and in a file.
import { GOALS, SHAPES } from './cases.mjs';
import { errors, median, rounds } from './rounds.mjs';
import { columns, number, problems, row, times } from './text.mjs';

const LANGGRAPH = 'langgraph';
const FLOORS = ['floor', 'writer'];
const microseconds = ({ cpuMs, runs }) => (1e3 * cpuMs) / runs;

export async function compareShapes(all, { names, keeps, spend, count }) {
  const isCompared = all.some(({ name }) => name === LANGGRAPH);
  const missed = [];
  for (const keep of keeps) {
    // What SQLite alone costs is asked where the others write to SQLite.
    const programs = all.filter(({ name }) => !FLOORS.includes(name) || keep.checkpointer === 'sqlite');
    const others = programs.filter(({ name }) => name !== LANGGRAPH);
    console.log(`\n### ${keep.title}`);
    const costs = programs.map(({ title }) => `${title}, µs a run (a superstep)`);
    columns('', 'supersteps', ...costs, ...(isCompared ? others.map(({ title }) => `LangGraph.js / ${title}`) : []));
    const failed = [];
    for (const name of names) {
      const { title, task } = SHAPES[name];
      const { checkpointer, durability } = keep;
      const answers = await rounds(programs, { measure: 'shape', ...task, checkpointer, durability, ...spend }, count);
      failed.push(...errors(programs, answers).map((problem) => `${title}: ${problem}`));
      const { supersteps } = Object.values(answers).flat().find(({ error }) => error === undefined) ?? {};
      const run = Object.fromEntries(programs.map(({ name }) => [name, median(answers[name], microseconds)]));
      const cost = ({ name }) => `${number(run[name])} (${number(run[name] / supersteps)})`;
      const ratio = ({ name }) => run[LANGGRAPH] / run[name];
      row(title, supersteps, ...programs.map(cost), ...(isCompared ? others.map((other) => times(ratio(other))) : []));
      for (const other of others) {
        const goal = GOALS[other.name];
        if (ratio(other) < goal) missed.push(`${title}, ${keep.title}: ${other.title} ${times(ratio(other))}, not ${goal}×`);
      }
    }
    problems(failed);
  }
  if (isCompared) {
    console.log(missed.length === 0 ? '\nAll goals are kept.' : `\nGoals that are missed:\n\n${missed.map((one) => `- ${one}`).join('\n')}`);
  }
}
