// Does the same with LangGraph.js and with MOSS and compares what is seen:
//
//   node differential/run.mjs [--seeds n] [--seed s] [--only name] [--write]
//
// Fails on a difference that `known.mjs` does not explain, on one that is explained and gone, and on one that has changed.
import fs from 'node:fs';
import { parseArgs } from 'node:util';

import { differences, isSame } from './compare.mjs';
import { kit as langgraph } from './kits/langgraph.mjs';
import { kit as moss } from './kits/moss.mjs';
import { KNOWN, REASONS } from './known.mjs';
import { compareSeed } from './random/compare.mjs';
import { record, scenarios } from './scenarios/index.mjs';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '300' },
    seed: { type: 'string' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const PINNED = new URL('./differences.json', import.meta.url);
const pinned = fs.existsSync(PINNED) ? JSON.parse(fs.readFileSync(PINNED, 'utf8')) : {};
const problems = [];
const reasons = new Map();

function problem(text) {
  problems.push(text);
  console.log(text);
}

const shown = (value) => (JSON.stringify(value) ?? 'nothing').slice(0, 2000);

async function compareScenarios() {
  let equal = 0;
  let explained = 0;
  let observations = 0;
  const found = {};
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (options.only !== undefined && !name.includes(options.only)) continue;
    const [theirs, ours] = [await record(langgraph, scenario), await record(moss, scenario)];
    observations += Object.keys(ours).length;
    const known = KNOWN[name] ?? {};
    const seen = differences(theirs, ours);
    if (seen.length === 0) equal += 1;
    else explained += 1;
    for (const { observation, ...both } of seen) {
      const reason = known[observation];
      if (reason === undefined) {
        problem(`UNKNOWN: ${name}: ${observation}\n  LangGraph ${shown(both.langgraph)}\n  MOSS      ${shown(both.moss)}`);
        continue;
      }
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      (found[name] ??= {})[observation] = both;
      if (!options.write && !isSame(pinned[name]?.[observation], both)) {
        problem(`CHANGED: ${name}: ${observation} (${reason})\n  LangGraph ${shown(both.langgraph)}\n  MOSS      ${shown(both.moss)}`);
      }
    }
    for (const observation of Object.keys(known)) {
      if (!seen.some((one) => one.observation === observation)) problem(`GONE: ${name}: ${observation} is the same, and explained as ${known[observation]}`);
    }
  }
  if (options.only === undefined) {
    for (const name of Object.keys(KNOWN)) if (!(name in scenarios)) problem(`GONE: there is no scenario ${name}`);
    if (options.write) fs.writeFileSync(PINNED, `${JSON.stringify(found, undefined, 1)}\n`);
  }
  console.log(`scenarios: ${equal} equal, ${explained} with differences, ${observations} observations`);
}

async function compareSeeds() {
  const first = options.seed === undefined ? 1 : Number(options.seed);
  const count = options.seed === undefined ? Number(options.seeds) : 1;
  let equal = 0;
  const explained = new Map();
  const shapes = new Map();
  for (let seed = first; seed < first + count; seed++) {
    const { reason, seen, about } = await compareSeed(seed, langgraph, moss);
    for (const word of about) shapes.set(word, (shapes.get(word) ?? 0) + 1);
    if (seen.length === 0) equal += 1;
    else if (reason !== undefined) explained.set(reason, (explained.get(reason) ?? 0) + 1);
    else {
      for (const { observation, ...both } of seen) {
        problem(`UNKNOWN: seed ${seed}: ${observation}\n  LangGraph ${shown(both.langgraph)}\n  MOSS      ${shown(both.moss)}`);
      }
    }
  }
  const list = (counts) => [...counts].map(([word, times]) => `${word} ${times}`).join(', ');
  console.log(`random graphs: ${equal} of ${count} equal${explained.size > 0 ? `; different: ${list(explained)}` : ''}`);
  console.log(`  with ${list(shapes)}`);
}

if (options.seed === undefined) await compareScenarios();
if (options.only === undefined) await compareSeeds();
if (reasons.size > 0) console.log('differences by reason:');
for (const [reason, times] of [...reasons].sort(([, one], [, other]) => other - one)) console.log(`  ${times} ${reason}: ${REASONS[reason]}`);
console.log(problems.length === 0 ? 'no unknown difference' : `${problems.length} unknown differences`);
process.exitCode = problems.length === 0 ? 0 : 1;
