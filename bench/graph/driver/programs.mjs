// Builds the programs that are measured, and runs one of them.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const bench = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const root = path.resolve(bench, '..', '..');
const target = process.env.CARGO_TARGET_DIR ?? path.join(root, 'target');
const runtime = path.join(root, 'packages', 'runtime');
// Beside the build: `/tmp` is memory in many places, and no disk.
mkdirSync(target, { recursive: true });
const temporary = mkdtempSync(path.join(target, 'bench-graph-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));

/** The programs by name, in the order of the tables. Those that cannot be had are told and left out. */
export async function programs({ build, peers }) {
  const all = {
    rust: () => ({ title: 'MOSS, Rust nodes', states: 'typed', ...rust(build) }),
    json: () => ({ title: 'MOSS, Rust nodes on JSON', states: 'json', ...rust(build) }),
    floor: () => ({ title: 'SQLite alone', states: 'typed', checkpointer: 'sqliteAlone', ...rust(build) }),
    writer: () => ({ title: 'SQLite on a thread', states: 'typed', checkpointer: 'sqliteWriter', ...rust(build) }),
    js: () => js(build),
    langgraph: () => langgraph(),
  };
  const names = peers?.split(',') ?? Object.keys(all);
  const found = [];
  for (const name of names) {
    if (!(name in all)) throw new Error(`there is no program \`${name}\`: name some of ${Object.keys(all).join(', ')}`);
    const program = await all[name]();
    if (program !== undefined) found.push({ name, ...program });
  }
  return found;
}

let binary;
function rust(build) {
  binary ??= build ? cargo('moss-bench-graph', 'bench-graph') : path.join(target, 'dist', 'bench-graph');
  return { file: binary, args: [] };
}

async function js(build) {
  const native = path.join(temporary, 'moss-node.node');
  const addon = path.join(target, 'dist', process.platform === 'darwin' ? 'libmoss_node.dylib' : 'libmoss_node.so');
  if (build && existsSync(path.join(runtime, 'src', 'state-graph'))) {
    if (!existsSync(path.join(runtime, 'node_modules'))) run('npm', ['ci', '--no-audit', '--no-fund'], runtime);
    run('npm', ['run', '--silent', 'build'], runtime);
    copyFileSync(cargo('moss-node', 'moss_node'), native);
  } else if (existsSync(addon)) {
    copyFileSync(addon, native);
  }
  const env = { MOSS_NATIVE_PATH: native };
  const entry = path.join(runtime, 'dist', 'esm', 'index.js');
  const graphs = existsSync(entry) && existsSync(native) && (await exports(entry)).includes('StateGraph');
  if (!graphs) {
    console.log('MOSS with JavaScript nodes is left out: @moss/runtime has no state graphs here.\n');
    return undefined;
  }
  return { title: 'MOSS, JavaScript nodes', ...node('moss'), env };
}

async function exports(entry) {
  return Object.keys(await import(pathToFileURL(entry)));
}

function langgraph() {
  const folder = path.join(bench, 'langgraph');
  if (!existsSync(path.join(folder, 'node_modules'))) {
    run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], folder);
  }
  return { title: 'LangGraph.js', ...node('langgraph') };
}

function node(folder) {
  // LangGraph.js warns of its own listeners when it fans out.
  const options = ['--no-warnings', '--expose-gc', '--max-old-space-size=12288'];
  return { file: process.execPath, args: [...options, path.join(bench, folder, 'peer.mjs')] };
}

/** Builds, and gives the file that came of the named target. */
function cargo(packageName, name) {
  const args = ['build', '-p', packageName, '--profile', 'dist', '--message-format=json-render-diagnostics'];
  const messages = run('cargo', args, root).split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const { executable, filenames } = messages.find(({ reason, target }) => reason === 'compiler-artifact' && target.name === name);
  return executable ?? filenames.find((file) => /\.(so|dylib|dll)$/.test(file));
}

function run(command, args, cwd) {
  const stdio = ['ignore', 'pipe', 'inherit'];
  const { status, stdout, error } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28, stdio });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} failed`);
  return stdout;
}

/** What a program answers to a task: what it measured, or `{ error }`, the last line of its complaint. */
export async function ask(program, task) {
  const folder = mkdtempSync(path.join(temporary, 'run-'));
  try {
    const { states, checkpointer = task.checkpointer } = program;
    return await answer(program, { ...task, states, checkpointer, folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function answer({ file, args, env }, task) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...args, JSON.stringify(task)], {
      env: { ...process.env, NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let complaint = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (complaint += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(output));
      else resolve({ error: complaint.split('\n').find((line) => /error/i.test(line))?.trim() ?? `it ended with ${code ?? signal}` });
    });
  });
}
