// The curve: what a superstep costs as the graph and the conversation grow.
import { CURVE, KEEPS } from './cases.mjs';
import { errors, median, rounds } from './rounds.mjs';
import { columns, number, problems, row } from './text.mjs';

export async function drawCurve(programs, { isQuick, spend, count }) {
  for (const keep of CURVE.keeps) {
    const { title, checkpointer, durability } = KEEPS[keep];
    console.log(`\n### A superstep as graph and conversation grow (${title})`);
    columns('supersteps', 'messages before', ...programs.map(({ title }) => `${title}, µs a superstep`));
    const failed = [];
    for (const [size, messages] of isQuick ? CURVE.quick : CURVE.points) {
      const asked = programs.filter(({ name }) => name !== 'langgraph' || Math.max(size, messages) <= CURVE.bearable[keep]);
      const task = { measure: 'shape', shape: 'chain', size, messages, checkpointer, durability, ...spend };
      const answers = await rounds(asked, task, count);
      failed.push(...errors(asked, answers).map((problem) => `${size} supersteps: ${problem}`));
      row(size, messages, ...programs.map(({ name }) => number(median(answers[name], ({ cpuMs, runs }) => (1e3 * cpuMs) / runs / size))));
    }
    problems(failed);
  }
}
