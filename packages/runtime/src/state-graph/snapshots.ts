import { reviveFields } from './messages.js';
import type { GraphQuestion } from './outcome.js';
import type { GraphShape } from './shape.js';

/** A configuration that names a checkpoint: what `getState`, `run` and the others take. */
export interface CheckpointConfig {
  threadId: string;
  checkpointId: string;
  /** The same in LangGraph's form. */
  configurable: { thread_id: string; checkpoint_id: string };
}

/** A task that runs next, or has not come to its end. */
export interface SnapshotTask {
  id: string;
  /** Its node. */
  name: string;
  /** What it failed with. */
  error?: any;
  /** What it asks. */
  interrupts: GraphQuestion[];
  /** What it wrote, where it is through and others are not: its update, or a list where it wrote several. */
  result?: any;
  namespace: string;
  /** The state of the graph inside, where it was asked for. */
  state?: Record<string, any>;
}

/** A thread at one checkpoint. */
export interface GraphSnapshot<Values> {
  values: Values;
  /** The nodes that run next. */
  next: string[];
  tasks: SnapshotTask[];
  /** Why what the tasks wrote cannot be put together, where it cannot: `updateState` mends it. */
  conflict?: any;
  config: CheckpointConfig;
  parentConfig?: CheckpointConfig;
  /** What was noted on it, with `source`, `step` and `run_id`. */
  metadata: Record<string, any>;
  /** ISO 8601. */
  createdAt: string;
  checkpointId: string;
  /** The superstep; −1 for an input. */
  step: number;
  /** `input`, `loop`, `update` or `fork`. */
  source: string;
}

/** A snapshot as the engine tells it. */
export interface SnapshotJson {
  values: Record<string, unknown>;
  next: string[];
  tasks: {
    id: string;
    node: string;
    error?: unknown;
    interrupts?: GraphQuestion[];
    result?: unknown[];
    namespace: string;
    values?: Record<string, unknown>;
  }[];
  conflict?: unknown;
  checkpoint: string;
  parent?: string | null;
  step: number;
  source: string;
  createdAt: number;
  run?: string | null;
  metadata?: Record<string, unknown>;
}

/** A configuration for a checkpoint of a thread. */
export function checkpointConfig(threadId: string, checkpointId: string): CheckpointConfig {
  return { threadId, checkpointId, configurable: { thread_id: threadId, checkpoint_id: checkpointId } };
}

/** A snapshot for the host. */
export function snapshotOf<Values>(json: SnapshotJson, thread: string, shape: GraphShape): GraphSnapshot<Values> {
  const { checkpoint, parent, conflict, step, source, run } = json;
  const snapshot: GraphSnapshot<Values> = {
    values: reviveFields(json.values, shape) as Values,
    next: json.next,
    tasks: json.tasks.map((task) => taskOf(task, shape)),
    config: checkpointConfig(thread, checkpoint),
    metadata: { ...json.metadata, source, step, ...(run == null ? {} : { run_id: run }) },
    createdAt: new Date(json.createdAt).toISOString(),
    checkpointId: checkpoint,
    step,
    source,
  };
  if (conflict != null) snapshot.conflict = conflict;
  if (parent != null) snapshot.parentConfig = checkpointConfig(thread, parent);
  return snapshot;
}

function taskOf(json: SnapshotJson['tasks'][number], shape: GraphShape): SnapshotTask {
  const { id, node, error, interrupts, result, namespace, values } = json;
  const task: SnapshotTask = { id, name: node, interrupts: interrupts ?? [], namespace };
  if (error != null) task.error = error;
  if (result != null) task.result = result.length === 1 ? result[0] : result;
  if (values != null) task.state = reviveFields(values, shape.inner.get(node) ?? shape);
  return task;
}
