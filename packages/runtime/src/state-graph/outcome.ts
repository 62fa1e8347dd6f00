import type { End } from './operation.js';
import type { StateView } from './views.js';

/** A question that a run has stopped for. */
export interface GraphQuestion {
  /** By which it is answered: `new Command({ resume: { [id]: answer } })`. */
  id: string;
  /** What is asked. */
  value: any;
  /** The JSON Schema that an answer must satisfy, where the node gave one. */
  schema?: any;
  /** The node that asks. */
  node: string;
  /** The tasks that lead to the node's graph; empty for the graph that was run. */
  namespace: string;
}

/** How a run ended. */
export type Ending = 'done' | 'interrupted' | 'stoppedBefore' | 'stoppedAfter' | 'drained';

/** What a run came to. */
export interface GraphOutcome<Values> {
  /** The state, as far as the graph shows it. */
  values: Values;
  ending: Ending;
  /** The questions, where it is `interrupted`. */
  interrupts: GraphQuestion[];
  /** The nodes that it stopped before or after, or that run next. */
  nodes: string[];
  /** The last checkpoint, where the run is on a thread. */
  checkpointId: string | undefined;
}

/** What a run came to, of the engine's last word. */
export function outcomeOf<Values>(end: End, values: StateView): GraphOutcome<Values> {
  const { ending, interrupts, nodes, checkpoint } = end as End & {
    ending: Ending;
    interrupts?: GraphQuestion[];
    nodes?: string[];
    checkpoint?: string | null;
  };
  return { values: values as Values, ending, interrupts: interrupts ?? [], nodes: nodes ?? [], checkpointId: checkpoint ?? undefined };
}
