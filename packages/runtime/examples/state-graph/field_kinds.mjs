// Fields that are there for a superstep only, that keep no doubles, and that are never stored.
import { field, MemoryCheckpointer, START, StateGraph } from '@moss/runtime';

const look = async ({ hint, session }, { node }) => ({
  log: [`${node}: hint ${hint ?? 'none'}, session ${session === undefined ? 'gone' : 'open'}`],
});

const engine = new StateGraph({
  state: {
    seen: field.topic({ unique: true, accumulate: true }), // what is there already is left out
    hint: field.ephemeral(), // there for the next superstep only
    session: field.untracked(), // never stored
    log: field.append(),
  },
})
  .addNode('fetch', async () => ({ seen: ['/a', '/b', '/a'], hint: 'look at /b', session: 'cookie' }))
  .addNode('next', look)
  .addNode('later', look)
  .addEdge(START, 'fetch')
  .addSequence(['fetch', 'next', 'later'])
  .compile({ checkpointer: new MemoryCheckpointer(), interruptAfter: ['next'] });
const crawl = { threadId: 'crawl' };

await engine.run({}, crawl);
const done = await engine.run(null, crawl);
console.log(`seen: ${done.values.seen.join(', ')}`);
console.log(done.values.log.join('\n'));
