import { GraphError } from './errors.js';

const GRAPH_OPTIONS = ['name', 'checkpointer', 'interruptBefore', 'interruptAfter', 'execution', 'client', 'tools', 'handlers', 'config', 'llmConfig', 'instructions'];

/** The options of `compile`. */
export const COMPILE_OPTIONS: readonly string[] = GRAPH_OPTIONS;
/** The members of a whole definition. */
export const DEFINITION_MEMBERS: readonly string[] = [...GRAPH_OPTIONS, 'state', 'input', 'output', 'nodes', 'edges', 'conditionalEdges'];
/** The options of a node. */
export const NODE_OPTIONS: readonly string[] = ['ends', 'defer', 'retry', 'timeout', 'cache', 'errorHandler', 'input', 'metadata', 'memory'];
/** The options of a PostgreSQL checkpointer. */
export const POSTGRES_OPTIONS: readonly string[] = ['connections', 'busyTimeoutMs', 'rootCertificates'];
/** The members of a run's configuration. */
export const RUN_OPTIONS: readonly string[] = [
  'threadId',
  'checkpointId',
  'configurable',
  'runId',
  'signal',
  'recursionLimit',
  'maxConcurrency',
  'stepTimeoutMs',
  'durability',
  'onBusy',
  'interruptBefore',
  'interruptAfter',
  'metadata',
  'leaseMs',
  'cache',
  'config',
  'drain',
  'streamMode',
  'subgraphs',
];

/** LangGraph's members of a run's configuration that mean nothing here. */
const WITHOUT_MEANING = new Set(['callbacks', 'tags', 'runName', 'version', 'encoding', 'debug']);

/** LangGraph's names for what has another name here. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  retryPolicy: 'retry',
  cachePolicy: 'cache',
  context: 'config',
  stepTimeout: 'stepTimeoutMs',
  multitaskStrategy: 'onBusy',
};

/** Refuses options that are not known, with the one that was meant. `what` is named: ``node `a` ``. */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new GraphError('UNKNOWN_OPTION', `${what} has the unknown option \`${name}\`${suggestion(name, known)}`);
  }
}

/** Refuses LangGraph's names among the members of a node object, whose other members are its own. */
export function checkMembers(what: string, members: object, known: readonly string[]): void {
  for (const name of Object.keys(members)) {
    const meant = OTHER_NAMES[name];
    if (meant !== undefined && known.includes(meant)) {
      throw new GraphError('UNKNOWN_OPTION', `${what} has the unknown option \`${name}\`${suggestion(name, known)}`);
    }
  }
}

/** Tells of members of a run's configuration that are not known and are ignored. */
export function unknownRunOptions(config: object): string[] {
  const told: string[] = [];
  for (const name in config) {
    if (RUN_OPTIONS.includes(name) || WITHOUT_MEANING.has(name)) continue;
    told.push(`the configuration of a run has the unknown member \`${name}\`, which is ignored${suggestion(name, RUN_OPTIONS)}`);
  }
  return told;
}

function suggestion(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === undefined ? '' : `; did you mean \`${meant}\`?`;
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const other = OTHER_NAMES[name];
  if (other !== undefined && known.includes(other)) return other;
  const plain = (text: string): string => text.toLowerCase().replaceAll('_', '');
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = edits(plain(name), plain(candidate));
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** How many letters are to be put in, taken out or changed to make one text of the other. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length]!;
}
