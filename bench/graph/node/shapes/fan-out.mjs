// A joke about each of some subjects: each is sent to a task, or to a subgraph that takes twelve supersteps.
import { check } from '../measure.mjs';

const BUMPS = 10;
const BUMP = ' a';
const joke = (subject) => `Joke about ${subject}`;
const isDone = (joke) => joke.endsWith(BUMP.repeat(BUMPS));

export function fanOut(kit, { size }) {
  const generate = async ({ subject }) => ({ jokes: [joke(subject)] });
  return shape(kit, size, generate, 1, joke);
}

export function fanOutSubgraph(kit, { size }) {
  const expected = (subject) => joke(`${subject} - hohoho`) + BUMP.repeat(BUMPS);
  return shape(kit, size, kit.subgraph(inner(kit)), 1 + (2 + BUMPS) * size, expected);
}

function shape(kit, size, node, supersteps, expected) {
  const subjects = Array.from({ length: size }, (_, number) => String.fromCharCode(97 + (number % 26)).repeat(1000));
  const jokes = subjects.map(expected);
  const send = async (state) => state.subjects.map((subject) => new kit.Send('generate_joke', { subject }));
  const graph = kit
    .graph({ subjects: kit.last(), jokes: kit.append() })
    .addNode('generate_joke', node)
    .addConditionalEdges(kit.START, send, ['generate_joke'])
    .addEdge('generate_joke', kit.END);
  return {
    graph,
    input: { subjects },
    supersteps,
    check: (state) => {
      const isRight = state.jokes.length === size && jokes.every((joke, place) => state.jokes[place] === joke);
      check(isRight, 'the jokes are others than expected');
    },
  };
}

function inner(kit) {
  return kit
    .graph({ subject: kit.last(), jokes: kit.last() }, { input: ['subject'], output: ['jokes'] })
    .addNode('edit', async ({ subject }) => ({ subject: `${subject} - hohoho` }))
    .addNode('generate', async ({ subject }) => ({ jokes: [joke(subject)] }))
    .addNode('bump', async ({ jokes }) => ({ jokes: [jokes[0] + BUMP] }))
    .addEdge(kit.START, 'edit')
    .addEdge('edit', 'generate')
    .addEdge('generate', 'bump')
    .addEdge('generate', kit.END)
    .addConditionalEdges('bump', async ({ jokes }) => (isDone(jokes[0]) ? kit.END : 'bump'), ['bump', kit.END]);
}
