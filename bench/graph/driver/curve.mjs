// The curve: what a superstep costs as the graph and the conversation grow.
import { CURVE, KEEPS } from './cases.mjs';
import { errors, median, rounds } from './rounds.mjs';
import { number, table } from './text.mjs';

export async function drawCurve(programs, { isQuick, spend, count }) {
  for (const name of CURVE.keeps) {
    const keep = KEEPS[name];
    console.log(`\n### A superstep as graph and conversation grow (${keep.title})`);
    table(['supersteps', 'messages before', ...programs.map(({ title }) => `${title}, µs a superstep`)], []);
    const problems = [];
    for (const [size, messages] of isQuick ? CURVE.quick : CURVE.points) {
      const bearable = programs.filter((program) => program.name !== 'langgraph' || size <= CURVE.bearable[name]);
      const task = { measure: 'shape', shape: 'chain', size, messages, checkpointer: keep.checkpointer, durability: keep.durability, ...spend };
      const answers = await rounds(bearable, task, count);
      const cells = programs.map(({ name }) => number(median(answers[name], ({ cpuMs, runs }) => (1e3 * cpuMs) / runs / size)));
      console.log(`| ${[size, messages, ...cells].join(' | ')} |`);
      problems.push(...errors(bearable, answers).map((problem) => `${size} supersteps: ${problem}`));
    }
    for (const problem of problems) console.log(`\nNot measured: ${problem}`);
  }
}
