// A joke about each of some subjects: each is sent to a task, or to a subgraph that takes twelve supersteps.
import { check } from '../measure.mjs';

const BUMPS = 10;
const BUMP = ' a';
const joke = (subject) => `Joke about ${subject}`;
const isDone = (joke) => joke.endsWith(BUMP.repeat(BUMPS));

export function fanOut(kit, { size, letters }) {
  const generate = async ({ subject }) => ({ jokes: [joke(subject)] });
  return shape(kit, subjectsOf(size, letters), generate, 1, joke);
}

export function fanOutSubgraph(kit, { size, letters }) {
  const expected = (subject) => joke(`${subject} - hohoho`) + BUMP.repeat(BUMPS);
  return shape(kit, subjectsOf(size, letters), kit.subgraph(inner(kit)), 1 + (2 + BUMPS) * size, expected);
}

/** A text of 1000 letters for each: one letter, or letters at random. */
function subjectsOf(size, letters = 'same') {
  const subject = letters === 'random' ? randomLetters : (number) => String.fromCharCode(97 + (number % 26)).repeat(1000);
  return Array.from({ length: size }, (_, number) => subject(number));
}

function randomLetters(number) {
  let state = number;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  return Array.from({ length: 1000 }, () => String.fromCharCode(97 + ((next() >>> 16) % 26))).join('');
}

function shape(kit, subjects, node, supersteps, expected) {
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
      const isRight = state.jokes.length === subjects.length && jokes.every((joke, place) => state.jokes[place] === joke);
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
