// A graph that came from LangGraph.
import { Command, END, field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const app = new StateGraph({
  state: { topic: field.lastValue(), notes: field.append() },
})
  .addNode('search', async (state, context) => {
    await context.write({ searching: state.topic });
    return { notes: [`${state.topic} grows on stones`] };
  })
  .addNode(
    'review',
    async (state, context) => {
      const isGood = context.interrupt({ notes: state.notes });
      return new Command({ update: { notes: [isGood ? 'accepted' : 'again'] }, goto: isGood ? END : 'search' });
    },
    { ends: ['search', END] },
  )
  .addEdge(START, 'search')
  .addEdge('search', 'review')
  .compile({ checkpointer: new MemoryCheckpointer() });

const config = { configurable: { thread_id: '1' } };
const asked = await app.invoke({ topic: 'moss' }, config);
console.log(JSON.stringify(asked.__interrupt__[0].value));
const done = await app.invoke(new Command({ resume: true }), config);
console.log(done.notes.join(', '));
