// Answers one task: the counterpart of bench/graph/rust/src/main.rs for the programs in JavaScript. The only argument is
// the task as JSON; one line of JSON is printed.
import { growth } from './growth.mjs';
import { measure } from './measure.mjs';
import { shapes } from './shapes/index.mjs';
import { waiting } from './waiting.mjs';

/** @param {object} kit an engine, in the words that the shapes use */
export async function answer(kit) {
  if (process.argv[2] === undefined) throw new Error('the task is missing: start bench/graph/run.mjs');
  const task = JSON.parse(process.argv[2]);
  console.log(JSON.stringify(await MEASURES[task.measure](kit, task)));
}

const MEASURES = {
  shape: (kit, task) => measure(kit, task.prebuilt && kit.prebuilt ? kit.prebuilt(task) : shapes[task.shape](kit, task), task),
  growth,
  waiting,
};
