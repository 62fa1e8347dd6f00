// What `compile()` tells before anything runs.
import { END, START, StateGraph } from '@moss/runtime';

const work = async () => {};
const graph = () => new StateGraph({ state: {} }).addNode('search', work).addNode('write', work).addEdge(START, 'search');

const mistakes = [
  graph().addEdge('search', 'wriet'),
  graph(),
  graph().addEdge('search', 'write').addEdge('write', START),
  graph().addEdge('search', 'write').addEdge(['search', 'write'], END),
];
for (const mistake of mistakes) {
  try {
    mistake.compile();
  } catch (error) {
    console.log(`${error.code}: ${error.message}`);
  }
}
