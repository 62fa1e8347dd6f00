// Type-checks the sources, the tests, the first example of each README, and the package's example of a state graph.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = new URL('../dist/check/', import.meta.url);

/** What the examples take from their surroundings. */
const surroundings = `import { AgentRuntime, GraphEvents, Providers, type EventHandler, type GenericTool, type PlainMessage, type ProcessStreamConfig, type ProcessStreamOptions } from '@moss/runtime';
declare const abortController: AbortController;
declare const agentTools: GenericTool[];
declare const agent: { instructions?: string };
declare const handler: EventHandler;
declare const messages: PlainMessage[];
declare const config: ProcessStreamConfig;
declare const options: ProcessStreamOptions;
`;

/** What the example of a state graph takes from its surroundings. */
const graphSurroundings = `import { Command, field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';
export { interrupts, values };
`;

function tsc(...args) {
  const { status } = spawnSync('npx', ['--no-install', 'tsc', ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function writeExample(name, readme, before = surroundings, place = 0) {
  const block = [...fs.readFileSync(readme, 'utf8').matchAll(/^```typescript\n(.*?)^```$/gms)][place];
  if (!block) {
    console.error(`${fileURLToPath(readme)} has no TypeScript example number ${place + 1}`);
    process.exit(1);
  }
  fs.writeFileSync(new URL(`${name}.ts`, out), `${before}\n${block[1]}`);
}

if (!fs.existsSync(new URL('../dist/esm/index.d.ts', import.meta.url))) spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
tsc('-p', 'tsconfig.esm.json', '--noEmit');
tsc('-p', 'tsconfig.cjs.json', '--noEmit');
tsc('-p', 'tsconfig.test.json', '--noEmit');

fs.mkdirSync(out, { recursive: true });
writeExample('package-readme', new URL('../README.md', import.meta.url));
writeExample('package-readme-graph', new URL('../README.md', import.meta.url), graphSurroundings, 1);
const repository = new URL('../../../README.md', import.meta.url);
if (fs.existsSync(repository)) writeExample('repository-readme', repository);
else console.warn('the repository has no README.md yet: its example was not checked');
tsc('-p', 'tsconfig.readme.json');
