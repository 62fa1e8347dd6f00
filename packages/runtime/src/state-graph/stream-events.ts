import { reviveFields, revivedChunk } from './messages.js';
import type { RawEvent } from './graph-operation.js';
import type { StreamMode } from './run-config.js';
import type { GraphShape } from './shape.js';
import { checkpointConfig } from './snapshots.js';

/** One event of a run. */
export interface GraphStreamEvent {
  /** Its number: counted from 1, without gaps. */
  seq: number;
  /** The tasks that lead to the graph it is of; empty for the graph that was run. */
  namespace: string[];
  mode: StreamMode;
  data: any;
}

type Members = Record<string, any>;

/** An event for the host: its messages are LangChain's objects. */
export function streamEvent([seq, namespace, mode, data]: RawEvent, root: GraphShape, thread: string | undefined): GraphStreamEvent {
  return {
    seq,
    namespace: namespace === '' ? [] : namespace.split('|'),
    mode: mode as StreamMode,
    data: revivedData(mode, data as Members, { shape: root.at(namespace), thread, namespace: namespace === '' ? undefined : namespace }),
  };
}

/** The graph that an event is of, and where its checkpoints are. */
interface Origin {
  shape: GraphShape;
  thread: string | undefined;
  namespace: string | undefined;
}

function revivedData(mode: string, data: any, origin: Origin): unknown {
  const { shape } = origin;
  switch (mode) {
    case 'messages':
      return Array.isArray(data) ? [revivedChunk(data[0]), data[1]] : (data as unknown);
    case 'values':
      return fields(data, shape);
    case 'updates': {
      if (shape.messages.size === 0) return data as unknown;
      const updates = data as Members;
      for (const node in updates) if (!node.startsWith('__')) updates[node] = written(updates[node], shape);
      return updates;
    }
    case 'tasks':
      return task(data as Members, shape);
    case 'checkpoints':
      return checkpoint(data as Members, origin);
    case 'debug': {
      const debug = data as { type: string; payload: Members };
      return { ...debug, payload: debug.type === 'checkpoint' ? checkpoint(debug.payload, origin) : task(debug.payload, shape) };
    }
    default:
      return data as unknown;
  }
}

function task(data: Members, shape: GraphShape): Members {
  if ('input' in data) data['input'] = fields(data['input'], shape);
  if ('result' in data) data['result'] = written(data['result'], shape);
  return data;
}

function checkpoint(data: Members, { shape, thread, namespace }: Origin): Members {
  data['values'] = fields(data['values'], shape);
  const config = (id: unknown): unknown => (thread === undefined || typeof id !== 'string' ? undefined : checkpointConfig(thread, id, namespace));
  return { ...data, config: config(data['id']), parentConfig: config(data['parent_id']) };
}

function written(update: unknown, shape: GraphShape): unknown {
  return Array.isArray(update) ? update.map((one: unknown) => fields(one, shape)) : fields(update, shape);
}

function fields(value: unknown, shape: GraphShape): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? reviveFields(value as Members, shape) : value;
}
