// A picture of a graph.
import { END, START, StateGraph } from '@moss/runtime';

const work = async () => {};
const engine = new StateGraph({ state: {} })
  .addNode('llm', work)
  .addNode('tools', work)
  .addNode('sum', work, { defer: true })
  .addEdge(START, 'llm')
  .addConditionalEdges('llm', () => END, ['tools', 'sum', END])
  .addEdge('tools', 'llm')
  .compile();

process.stdout.write(engine.draw('text'));
process.stdout.write(engine.draw('mermaid'));
