#!/usr/bin/env node
// Builds what is to be measured and measures it in turns. README.md tells what and why.
//
//   node bench/graph/run.mjs [--rounds N] [--only shape,…,curve,growth,waiting] [--keep none,memorySync,…]
//                            [--peers rust,json,floor,writer,js,langgraph] [--quick] [--no-build]
import os from 'node:os';
import { parseArgs } from 'node:util';

import { KEEPS, QUICK_SPEND, SHAPES, SPEND } from './driver/cases.mjs';
import { drawCurve } from './driver/curve.mjs';
import { compareGrowth } from './driver/growth.mjs';
import { programs } from './driver/programs.mjs';
import { compareShapes } from './driver/shapes.mjs';
import { compareWaiting } from './driver/waiting.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string' },
    only: { type: 'string' },
    keep: { type: 'string' },
    peers: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
});

const PARTS = { curve: drawCurve, growth: compareGrowth, waiting: compareWaiting };
const only = chosen(options.only, { ...SHAPES, ...PARTS });

const isQuick = options.quick;
const asked = chosen(options.keep, KEEPS) ?? Object.keys(KEEPS).filter((name) => !isQuick || KEEPS[name].quick);
const keeps = asked.map((name) => KEEPS[name]);
const settings = { isQuick, spend: isQuick ? QUICK_SPEND : SPEND, count: Number(options.rounds ?? (isQuick ? 1 : 3)) };
const names = Object.keys(SHAPES).filter((name) => only?.includes(name) ?? (isQuick ? SHAPES[name].quick : !SHAPES[name].apart));
const measured = await programs({ build: !options['no-build'], peers: options.peers });

console.log(`${settings.count} rounds, Node ${process.versions.node}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}`);
if (names.length > 0) await compareShapes(measured, { names, keeps, ...settings });
for (const [name, part] of Object.entries(PARTS)) {
  if (only?.includes(name) ?? true) await part(measured.filter(({ checkpointer }) => checkpointer === undefined), settings);
}
console.log(`\nload at the end ${os.loadavg()[0].toFixed(1)}`);

/** The names in an option; undefined where there are none. */
function chosen(text, known) {
  const names = text?.split(',');
  const unknown = names?.find((name) => !(name in known));
  if (unknown !== undefined) throw new Error(`there is nothing called \`${unknown}\`: name some of ${Object.keys(known).join(', ')}`);
  return names;
}
