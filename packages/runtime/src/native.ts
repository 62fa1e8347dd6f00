import fs from 'node:fs';
import path from 'node:path';
import { RuntimeError } from './errors.js';
import { load, packageRoot } from './location.cjs';

/** What the native addon exports. Everything crosses as JSON text; errors come back as data. */
export interface NativeBinding {
  /** Version of the addon; equals this package's. */
  version(): string;
  /** Once a process, before the first run. Does not keep Node alive. */
  connect(onBatch: (batch: string) => void): void;
  /** `{"ok":true,"run":n}` or `{"ok":false,"error":…}`. */
  createRun(config: string): string;
  /** `{"ok":true,"content":…,"messages":[…]}` or `{"ok":false,"error":…,"messages":[]}`. Never rejects. */
  processRun(run: number, input: string): Promise<string>;
  /** How many of the last batch's events were handled, and whether the last of these handlers threw. */
  handled(run: number, handled: number, failed: boolean): void;
  /** `{"content":…,"artifact"?:…,"status"?:…}`; a `null` content means that nothing was returned. */
  toolReturned(run: number, call: number, result: string): void;
  /** `{"name":…,"message":…}`. */
  toolFailed(run: number, call: number, error: string): void;
  /** Idempotent; safe after the end. */
  cancelRun(run: number): void;
  /** Idempotent. */
  dropRun(run: number): void;

  /** Opens a store of checkpoints. `{"ok":true,"store":n}` or `{"ok":false,"error":…}`. */
  openStore(options: string): string;
  /** Makes an operation that connects to a store on a server, and ends with the store's number. `{"ok":true,"run":n}` or `{"ok":false,"error":…}`. */
  connectStore(options: string): string;
  /** Idempotent. */
  closeStore(store: number): void;
  /** Checks a graph's definition. Store 0: none. `{"ok":true,"graph":n}` or `{"ok":false,"error":…}`. */
  createGraph(definition: string, store: number): string;
  /** Runs that are under way keep theirs. Idempotent. */
  dropGraph(graph: number): void;
  /** `{"ok":true,"text":…}` or `{"ok":false,"error":…}`. */
  drawGraph(graph: number, format: string): string;
  /** Makes an operation on a graph, which begins with the next `pumpGraphs`. `{"ok":true,"run":n}` or `{"ok":false,"error":…}`. */
  startGraph(graph: number, request: string): string;
  /** Makes an operation on a store, likewise. */
  startStore(store: number, request: string): string;
  /** Takes answers, `[[run, [answer, …]], …]`; the engine works until it waits. Returns a batch, as `connect` sends them. */
  pumpGraphs(answers: string): string;
  /** Idempotent; safe after the end. Takes effect with the next `pumpGraphs` of the run. */
  cancelGraph(run: number): void;
  /** Asks a run to stop at the end of its superstep. */
  drainGraph(run: number): void;
  /** `{"answer":…}`, `{"waiting":true}` or `{"ok":false,"error":…}`. */
  graphInterrupt(run: number, call: number, question: string): string;
  graphHeartbeat(run: number, call: number): void;
  /** Checks a model's configuration, as `createRun` takes it. `{"ok":true,"model":n}` or `{"ok":false,"error":…}`. */
  createModel(config: string): string;
  /** Idempotent. */
  dropModel(model: number): void;
  /** Makes a call of a model, which begins with the next `pumpGraphs`. `{"ok":true,"run":n}` or `{"ok":false,"error":…}`. */
  startModel(model: number, messages: string): string;
  /** What a node may ask about its call. */
  graphContext(run: number, call: number): string;
}

/** This package's version. */
export const version: string = (load(path.join(packageRoot, 'package.json')) as { version: string }).version;

/**
 * Loads the native addon. Looked up in this order: the file that the environment variable `MOSS_NATIVE_PATH` names,
 * `native/moss-node.<platform>.node` in this package, the package `@moss/runtime-<platform>`.
 */
export function loadNative(): NativeBinding {
  const triple = platformTriple();
  const named = process.env['MOSS_NATIVE_PATH'];
  if (named) return checked(attempt(path.resolve(named), triple), named);
  const local = path.join(packageRoot, 'native', `moss-node.${triple}.node`);
  if (fs.existsSync(local)) return checked(attempt(local, triple), local);
  const platformPackage = `@moss/runtime-${triple}`;
  return checked(attempt(platformPackage, triple), platformPackage);
}

/** The platform's name as napi writes it, for example `linux-x64-gnu`. */
export function platformTriple(): string {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform === 'linux') return `${base}-${isMusl() ? 'musl' : 'gnu'}`;
  return process.platform === 'win32' ? `${base}-msvc` : base;
}

function attempt(specifier: string, triple: string): unknown {
  try {
    return load(specifier);
  } catch (cause) {
    throw new RuntimeError(
      'NATIVE_MISSING',
      `The native part of @moss/runtime for ${triple} cannot be loaded from ${specifier}. ` +
        `Install the package @moss/runtime-${triple} (it is an optional dependency: check that your package manager does not ` +
        'leave those out), or set MOSS_NATIVE_PATH to the path of a moss-node addon',
      { cause },
    );
  }
}

function checked(addon: unknown, origin: string): NativeBinding {
  const binding = addon as NativeBinding;
  const found = typeof binding?.version === 'function' ? binding.version() : 'unknown: it is no moss-node addon';
  if (found !== version) {
    throw new RuntimeError(
      'NATIVE_MISMATCH',
      `@moss/runtime is version ${version}, but its native part (${origin}) is version ${found}. Install both in the same version`,
    );
  }
  return binding;
}

function isMusl(): boolean {
  // `excludeNetwork` spares a report the look-up of every open connection's name.
  const report = process.report as { excludeNetwork?: boolean; getReport(): unknown };
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  try {
    const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
    return header.glibcVersionRuntime === undefined;
  } finally {
    if (before !== undefined) report.excludeNetwork = before;
  }
}
