// Nodes as objects, and what a host gives them to work with.
import { END, field, START, StateGraphEngine } from '@moss/runtime';

const classify = {
  name: 'classify',
  ends: ['search', 'answer'],
  execute: async (state, { client }) => ({ isHard: await client.classify(state.question) }),
  next: (state) => (state.isHard ? 'search' : 'answer'),
};
const search = {
  name: 'search',
  execute: async (state, { tools }) => ({ found: await tools.search(state.question) }),
};
const answer = {
  name: 'answer',
  execute: (state) => ({ text: `${state.question} ${state.found ?? 'I know that.'}` }),
};
const log = {
  name: 'log',
  shouldExecute: (_, { config }) => config.isLogged === true,
  execute: (state, { handlers }) => handlers.log(state.text),
};

const engine = new StateGraphEngine({
  state: {
    question: field.lastValue(),
    isHard: field.lastValue(),
    found: field.lastValue(),
    text: field.lastValue(),
  },
  nodes: [classify, search, answer, log],
  edges: [
    [START, 'classify'],
    ['search', 'answer'],
    ['answer', 'log'],
    ['log', END],
  ],
  client: { classify: async (question) => question.includes('Ulriken') },
  tools: { search: async () => '643 metres.' },
  handlers: { log: (text) => console.log(`logged: ${text}`) },
});

for (const question of ['How high is Ulriken?', 'What is moss?']) {
  const { values } = await engine.run({ question }, { config: { isLogged: question.includes('moss') } });
  console.log(values.text);
}
