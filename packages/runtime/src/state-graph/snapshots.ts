import { reviveFields } from './messages.js';
import type { GraphQuestion } from './outcome.js';
import type { GraphShape } from './shape.js';

/** A configuration that names a checkpoint: what `getState`, `run` and the others take. */
export interface CheckpointConfig {
  threadId: string;
  checkpointId: string;
  /** The same in LangGraph's form. */
  configurable: { thread_id: string; checkpoint_id: string; checkpoint_ns?: string };
}

/** A configuration that names a checkpoint of a graph inside. */
export interface InnerConfig extends CheckpointConfig {
  namespace: string;
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
  /** For a task with a graph inside: names that graph in `getState` and `updateState`. */
  namespace: string;
  /** The graph inside as it stands, where it was asked for. */
  state?: GraphSnapshot<Record<string, any>, InnerConfig>;
}

/** A thread at one checkpoint. */
export interface GraphSnapshot<Values, Config extends CheckpointConfig = CheckpointConfig> {
  values: Values;
  /** The nodes that run next. */
  next: string[];
  tasks: SnapshotTask[];
  /** Why what the tasks wrote cannot be put together, where it cannot: `updateState` mends it. */
  conflict?: any;
  config: Config;
  parentConfig?: Config;
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
    state?: SnapshotJson | null;
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

/** A configuration for a checkpoint of a thread, or of a graph inside. */
export function checkpointConfig(threadId: string, checkpointId: string, namespace: string | undefined): CheckpointConfig | InnerConfig {
  const configurable = { thread_id: threadId, checkpoint_id: checkpointId };
  if (namespace === undefined) return { threadId, checkpointId, configurable };
  return { threadId, checkpointId, namespace, configurable: { ...configurable, checkpoint_ns: namespace } };
}

/** A snapshot for the host. `shape` is that of the whole graph, `namespace` that of the graph inside that it is of. */
export function snapshotOf<Snapshot extends GraphSnapshot<any>>(json: SnapshotJson, thread: string, shape: GraphShape, namespace: string | undefined): Snapshot {
  const { checkpoint, parent, conflict, step, source, run } = json;
  const snapshot: GraphSnapshot<unknown> = {
    values: reviveFields(json.values, shape.at(namespace ?? '')),
    next: json.next,
    tasks: json.tasks.map((task) => taskOf(task, thread, shape)),
    config: checkpointConfig(thread, checkpoint, namespace),
    metadata: { ...json.metadata, source, step, ...(run == null ? {} : { run_id: run }) },
    createdAt: new Date(json.createdAt).toISOString(),
    checkpointId: checkpoint,
    step,
    source,
  };
  if (conflict != null) snapshot.conflict = conflict;
  if (parent != null) snapshot.parentConfig = checkpointConfig(thread, parent, namespace);
  return snapshot as Snapshot;
}

function taskOf(json: SnapshotJson['tasks'][number], thread: string, shape: GraphShape): SnapshotTask {
  const { id, node, error, interrupts, result, namespace, state } = json;
  const task: SnapshotTask = { id, name: node, interrupts: interrupts ?? [], namespace };
  if (error != null) task.error = error;
  if (result != null) task.result = result.length === 1 ? result[0] : result;
  if (state != null) task.state = snapshotOf(state, thread, shape, namespace);
  return task;
}
