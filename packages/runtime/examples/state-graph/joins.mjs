// A node that waits for several others; and what happens when one of them is skipped.
import { field, START, StateGraph } from '@moss/runtime';

const part = async (_, { node }) => ({ parts: [node] });
const which = (report) => (report.withSales ? ['costs', 'sales'] : ['costs']);

const graph = (join) =>
  new StateGraph({ state: { withSales: field.lastValue(), parts: field.append() } })
    .addNode('costs', part)
    .addNode('sales', part)
    .addNode('bind', part)
    .addConditionalEdges(START, which, ['costs', 'sales'])
    .addEdge(['costs', 'sales'], 'bind', { join });

for (const join of ['all', 'reached']) {
  const engine = graph(join).compile();
  for (const withSales of [true, false]) {
    const cameTo = await engine.run({ withSales }).then(
      ({ values }) => values.parts.join(', '),
      (error) => error.code,
    );
    console.log(`${join}, ${withSales ? 'both ran' : 'one ran'}: ${cameTo}`);
  }
}
