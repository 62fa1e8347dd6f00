#!/usr/bin/env node
// Builds what is to be measured and measures it in turns. README.md tells what and why.
//
//   node bench/run.mjs [--rounds N] [--only one,burst,paced,many] [--no-build]
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const bench = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(bench);
const perf = process.env.MOSS_PERF ?? path.resolve(root, '..', 'shared', 'perf');

/** `harness` is the same workload in the words of the peers' own measuring loop. */
const WORKLOADS = {
  one: { title: 'one event a write', model: 'gpt-4o-text-500', harness: 'a', runs: 200, warmup: 100, conc: 1 },
  burst: { title: '25 events a write', model: 'gpt-4o-text-500-w25', harness: 'a_burst', runs: 300, warmup: 100, conc: 1 },
  paced: { title: 'one event every 2 ms', model: 'gpt-4o-text-500-d2', harness: 'a_paced', runs: 3, warmup: 1, conc: 1 },
  many: { title: '200 runs at once', model: 'gpt-4o-text-500', harness: 'd', runs: 2, warmup: 20, conc: 200 },
};

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: Object.keys(WORKLOADS).join() },
    'no-build': { type: 'boolean', default: false },
  },
});

if (!existsSync(path.join(perf, 'mock', 'Cargo.toml'))) {
  console.log('Nothing measured: the mock server is not here. Set MOSS_PERF to the folder that holds `mock` and `peers`.');
  process.exit(0);
}

const temporary = mkdtempSync(path.join(os.tmpdir(), 'moss-bench-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));

const programs = build();
const server = await startMock(programs.mock);
try {
  for (const name of options.only.split(',')) await compare(WORKLOADS[name], Number(options.rounds));
} finally {
  server.process.kill();
}

function build() {
  if (!options['no-build']) run('npm', ['run', '--silent', 'build'], path.join(root, 'packages', 'runtime'));
  const target = process.env.CARGO_TARGET_DIR ?? path.join(root, 'target');
  const peers = ['--release', '--target-dir', path.join(target, 'perf')];
  // Both at once, so that they share their dependencies.
  const ours = ['-p', 'moss-bench', '-p', 'moss-node', '--profile', 'dist'];
  const [tokens, addon] = cargo(root, ours, ['bench-tokens', 'moss_node']);
  const native = path.join(temporary, 'moss-node.node');
  copyFileSync(addon, native);
  const [mock] = cargo(path.join(perf, 'mock'), peers, ['mock']);
  const [raw] = cargo(path.join(perf, 'peers', 'raw'), peers, ['peer-raw']);
  return { tokens, native, mock, raw };
}

/** Builds, and gives the files that came of the named targets. */
function cargo(folder, args, names) {
  const built = run('cargo', ['build', ...args, '--message-format=json-render-diagnostics'], folder);
  const messages = built.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const artifacts = messages.filter(({ reason }) => reason === 'compiler-artifact');
  return names.map((name) => {
    const { executable, filenames } = artifacts.find(({ target }) => target.name === name);
    return executable ?? filenames.find((file) => /\.(so|dylib|dll)$/.test(file));
  });
}

function run(command, args, cwd) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} failed`);
  return stdout;
}

async function startMock(file) {
  const mock = spawn(file, ['0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const port of createInterface({ input: mock.stdout })) return { process: mock, url: `http://127.0.0.1:${port}` };
  throw new Error('the mock server did not start');
}

async function compare(workload, rounds) {
  const { model, harness, runs, warmup, conc } = workload;
  const settings = { MOCK_URL: server.url, MODEL: model, RUNS: `${runs}`, WARMUP: `${warmup}`, CONC: `${conc}` };
  const node = (file, extra = {}) => ({ file: process.execPath, args: [file], extra });
  const measured = {
    'raw read and parse (Rust)': { file: programs.raw, args: [harness], extra: { VARIANT: 'parse' } },
    'AgentRuntime (Rust)': { file: programs.tokens, args: [], extra: {} },
    'plain Node, handler not awaited': node(path.join(perf, 'peers', 'node-raw', 'peer.mjs'), { VARIANT: 'fetch' }),
    'plain Node': node(path.join(bench, 'node', 'plain.mjs')),
    '@moss/runtime (Node)': node(path.join(bench, 'node', 'moss.mjs'), { MOSS_NATIVE_PATH: programs.native }),
  };
  measured['plain Node, handler not awaited'].args.push(harness);

  const names = Object.keys(measured);
  const cpu = new Map(names.map((name) => [name, []]));
  const load = [];
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another one, so that none always follows the same.
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      load.push(os.loadavg()[0]);
      cpu.get(name).push(await one(measured[name], settings));
    }
  }

  const floors = { 'AgentRuntime (Rust)': names[0], '@moss/runtime (Node)': 'plain Node' };
  console.log(`\n### ${workload.title} (\`${model}\`, ${runs * conc} runs a round, ${rounds} rounds, load ${span(load, 1)})\n`);
  console.log('| | CPU ms a run of 500 tokens | least – most | times the floor |\n|---|---|---|---|');
  for (const name of names) {
    const times = cpu.get(name);
    const floor = cpu.get(floors[name]);
    const ratio = floor === undefined ? '' : (median(times) / median(floor)).toFixed(2);
    console.log(`| ${name} | ${median(times).toFixed(2)} | ${span(times, 2)} | ${ratio} |`);
  }
}

function one({ file, args, extra }, settings) {
  const env = { ...process.env, NODE_ENV: 'production', ...settings, ...extra };
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output).cpu_ms_per_run);
      else reject(new Error(`${path.basename(file)} ${args.join(' ')} ended with ${code}`));
    });
  });
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function span(values, digits) {
  return `${Math.min(...values).toFixed(digits)} – ${Math.max(...values).toFixed(digits)}`;
}
