import type { BaseMessage } from '@langchain/core/messages';
import { GraphEvents } from './events.js';
import type { Graph } from './graph.js';
import { chunkFromFlat, messageFromFlat, toolMessageFromFlat, type FlatMessage } from './messages.js';
import type { ToolCalls } from './tool-calls.js';
import type { RunStep } from './types/run-step.js';

/** Turns a payload of the engine into what a handler is given. */
export type PayloadReader = (data: any) => unknown;

/** Readers for the events whose payload holds messages, and for those that the graph keeps a record of. */
export function payloadReaders(graph: Graph, tools: ToolCalls): Map<string, PayloadReader> {
  return new Map<string, PayloadReader>([
    [GraphEvents.CHAT_MODEL_START, readModelStart],
    [GraphEvents.CHAT_MODEL_STREAM, readModelStream],
    [GraphEvents.CHAT_MODEL_END, readModelEnd],
    [
      GraphEvents.TOOL_END,
      (data: { output: FlatMessage }) => ({
        ...data,
        output: tools.messageOf(data.output['tool_call_id']) ?? toolMessageFromFlat(data.output),
      }),
    ],
    [
      GraphEvents.ON_RUN_STEP,
      (step: RunStep) => {
        graph.recordRunStep(step);
        return step;
      },
    ],
  ]);
}

function readModelStart(data: { input?: { messages?: FlatMessage[][] } }): unknown {
  const messages: BaseMessage[][] | undefined = data.input?.messages?.map((list) => list.map(messageFromFlat));
  return messages === undefined ? data : { ...data, input: { ...data.input, messages } };
}

function readModelStream(data: { chunk: Partial<FlatMessage> }): unknown {
  return { ...data, chunk: chunkFromFlat(data.chunk) };
}

function readModelEnd(data: { output: FlatMessage; input?: { messages?: FlatMessage[][] } }): unknown {
  return { ...readModelStart(data) as object, output: chunkFromFlat(data.output) };
}
