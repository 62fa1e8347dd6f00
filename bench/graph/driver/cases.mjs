// What is measured, and how large it is.

const shape = (title, shape, sizes, more = {}) => ({ title, task: { shape, ...sizes }, ...more });

/** The shapes of the table, but for those that stand `apart`, which are measured when they are named. `prebuilt` sets LangGraph's own agent beside the same two nodes of MOSS. */
export const SHAPES = {
  sequential10: shape('sequential, 10 nodes', 'sequential', { size: 10 }, { quick: true }),
  sequential100: shape('sequential, 100 nodes', 'sequential', { size: 100 }),
  sequential1000: shape('sequential, 1000 nodes', 'sequential', { size: 1000 }),
  fanOut10: shape('fan-out to 10 tasks', 'fanOut', { size: 10 }, { quick: true }),
  fanOut100: shape('fan-out to 100 tasks', 'fanOut', { size: 100 }),
  subgraph10: shape('fan-out to 10 subgraphs', 'fanOutSubgraph', { size: 10 }),
  subgraph100: shape('fan-out to 100 subgraphs', 'fanOutSubgraph', { size: 100 }),
  wide300: shape('wide state 25x300', 'wide', { outer: 5, inner: 5, length: 300 }, { quick: true }),
  wide600: shape('wide state 15x600', 'wide', { outer: 3, inner: 5, length: 600 }),
  wide1200: shape('wide state 9x1200', 'wide', { outer: 3, inner: 3, length: 1200 }),
  react10: shape('react loop, 10 calls', 'react', { size: 10 }, { quick: true }),
  react100: shape('react loop, 100 calls', 'react', { size: 100 }),
  prebuilt10: shape("react loop, 10 calls, LangGraph's prebuilt agent", 'react', { size: 10, prebuilt: true }),
  prebuilt100: shape("react loop, 100 calls, LangGraph's prebuilt agent", 'react', { size: 100, prebuilt: true }),
  fanOut10Random: shape('fan-out to 10 tasks, random letters', 'fanOut', { size: 10, letters: 'random' }, { apart: true }),
  fanOut100Random: shape('fan-out to 100 tasks, random letters', 'fanOut', { size: 100, letters: 'random' }, { apart: true }),
  subgraph10Random: shape('fan-out to 10 subgraphs, random letters', 'fanOutSubgraph', { size: 10, letters: 'random' }, { apart: true }),
  subgraph100Random: shape('fan-out to 100 subgraphs, random letters', 'fanOutSubgraph', { size: 100, letters: 'random' }, { apart: true }),
};

/** Where threads are kept, and when. */
export const KEEPS = {
  none: { title: 'no checkpointer', checkpointer: 'none', durability: 'exit', quick: true },
  memoryExit: { title: 'memory, exit', checkpointer: 'memory', durability: 'exit' },
  memorySync: { title: 'memory, sync', checkpointer: 'memory', durability: 'sync', quick: true },
  sqliteExit: { title: 'SQLite, exit', checkpointer: 'sqlite', durability: 'exit' },
  sqliteSync: { title: 'SQLite, sync', checkpointer: 'sqlite', durability: 'sync', quick: true },
};

/**
 * Supersteps of the curve, with the messages there are before. LangGraph.js is not asked where one run takes minutes: beyond
 * `bearable` of either.
 */
export const CURVE = {
  points: [[10, 0], [100, 0], [1000, 0], [3000, 0], [10000, 0], [1000, 100], [1000, 1000], [1000, 10000]],
  quick: [[10, 0], [100, 0], [1000, 0], [100, 1000]],
  keeps: ['none', 'memorySync'],
  bearable: { none: 10000, memorySync: 1000 },
};

/** Turns of 2 KB. */
export const GROWTH = { turns: [100, 300, 1000], quick: [100], bytes: 2048 };

export const WAITING = { runs: 10000, quick: 1000 };

/** CPU time that a program spends before and while it is measured. */
export const SPEND = { warmupMs: 400, cpuMs: 300, wallMs: 8000 };
export const QUICK_SPEND = { warmupMs: 200, cpuMs: 200, wallMs: 2000 };

/** How many times as much LangGraph.js is to cost. */
export const GOALS = { rust: 100, json: 100, js: 5 };
