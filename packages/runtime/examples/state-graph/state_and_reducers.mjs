// A field for each thing, and a reducer for what several nodes write.
import { field, Overwrite, START, StateGraph } from '@moss/runtime';

const graph = () =>
  new StateGraph({
    state: {
      weather: field.lastValue(), // takes one value a superstep
      stops: field.append(), // what is written is put behind what is there
      km: field.add({ default: 0 }), // numbers are added
      longest: field.reduce((held, written) => Math.max(held, written), { default: 0 }), // your own function
    },
  })
    .addNode('train', async () => ({ stops: ['Bergen'], km: 460, longest: 460, weather: 'rain' }))
    .addNode('walk', async () => ({ stops: ['Ulriken'], km: 9, longest: 9 }))
    .addEdge(START, 'train')
    .addEdge(START, 'walk');
const fromOslo = { stops: ['Oslo'] };

const { values: trip } = await graph().compile().run(fromOslo);
console.log(`${trip.stops.length} stops, ${trip.km} km, at most ${trip.longest} at once, ${trip.weather}`);

const anew = graph()
  .addNode('new_trip', async () => ({ stops: new Overwrite([]), km: new Overwrite(0) }))
  .addEdge(['train', 'walk'], 'new_trip');
const { values: next } = await anew.compile().run(fromOslo);
console.log(`${next.stops.length} stops, ${next.km} km, ${next.weather}`);

const twice = graph()
  .addNode('train_2', async () => ({ weather: 'sun' }))
  .addEdge(START, 'train_2');
await twice
  .compile()
  .run(fromOslo)
  .catch((error) => console.log(error.code));
