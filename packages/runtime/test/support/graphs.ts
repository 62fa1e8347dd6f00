import assert from 'node:assert/strict';
import { START, StateGraph, type StateFields } from '@moss/runtime';

/** Nodes one behind the other. */
export function chain<F extends StateFields>(state: F, nodes: Record<string, any>): StateGraph<F> {
  const graph = new StateGraph({ state });
  const names = Object.keys(nodes);
  for (const name of names) graph.addNode(name, nodes[name]);
  return graph.addEdge(START, names[0]!).addSequence(names);
}

/** What a run rejects with. */
export const rejection = (run: Promise<unknown>): Promise<any> => run.then(() => assert.fail('it was to fail'), (error: unknown) => error);
