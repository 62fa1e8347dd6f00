import { ContentSlots } from './content-slots.js';
import { mergePart, mergeToolCall, type SlotOwner, type ToolCallUpdate } from './content-parts.js';
import { GraphEvents } from './events.js';
import type { AgentUpdateContent, MessageContentComplex, SummaryContent, ToolCallContent } from './types/content.js';
import type { SummarizeCompleteEvent, SummarizeDeltaEvent } from './types/payloads.js';
import type {
  MessageDeltaEvent,
  ReasoningDeltaEvent,
  RunStep,
  RunStepCompletedEvent,
  RunStepDeltaEvent,
  ToolCallChunk,
} from './types/run-step.js';

/** What `createContentAggregator` returns. */
export interface ContentAggregatorResult {
  /**
   * The content so far, in place: the array stays the same. A step that wrote nothing leaves a hole. A host may change it while
   * the run goes on.
   */
  contentParts: (MessageContentComplex | undefined)[];
  /** Takes one event. Events that carry no content are ignored. */
  aggregateContent: (event: { event: string; data: unknown }) => void;
  /** Run steps by id, with the position in `contentParts` as their `index`. */
  stepMap: Map<string, RunStep | undefined>;
}

/** Makes an aggregator that builds a message's content from a run's events, synchronously. */
export function createContentAggregator(): ContentAggregatorResult {
  const aggregator = new ContentAggregator();
  return {
    contentParts: aggregator.contentParts,
    stepMap: aggregator.stepMap,
    aggregateContent: ({ event, data }) => aggregator.take(event, data),
  };
}

/** The slots of one step that calls tools, and which call owns which. */
interface ToolSlots {
  slots: number[];
  /** By slot: the call's id, or undefined while no call has claimed it. */
  claims: Map<number, string | undefined>;
  /** By the provider's index of the call. */
  byChunkIndex: Map<number, number>;
}

class ContentAggregator {
  readonly contentParts: (MessageContentComplex | undefined)[] = [];
  readonly stepMap = new Map<string, RunStep | undefined>();
  readonly #slots = new ContentSlots(this.contentParts);
  readonly #toolSlots = new Map<string, ToolSlots>();
  readonly #slotByCall = new Map<string, number>();
  readonly #owners = new Map<number, SlotOwner>();

  take(event: string, data: unknown): void {
    switch (event) {
      case GraphEvents.ON_MESSAGE_DELTA:
      case GraphEvents.ON_REASONING_DELTA:
        return this.#delta(event, data as MessageDeltaEvent | ReasoningDeltaEvent);
      case GraphEvents.ON_RUN_STEP:
        return this.#step(data as RunStep);
      case GraphEvents.ON_RUN_STEP_DELTA:
        return this.#stepDelta(data as RunStepDeltaEvent);
      case GraphEvents.ON_RUN_STEP_COMPLETED:
        return this.#completed(data as RunStepCompletedEvent);
      case GraphEvents.ON_AGENT_UPDATE:
        this.contentParts[(data as AgentUpdateContent).agent_update.index] = data as AgentUpdateContent;
        return;
      case GraphEvents.ON_SUMMARIZE_DELTA:
        return this.#summaryDelta(data as SummarizeDeltaEvent);
      case GraphEvents.ON_SUMMARIZE_COMPLETE:
        return this.#summaryComplete(data as SummarizeCompleteEvent);
    }
  }

  #step(step: RunStep): void {
    const { stepDetails } = step;
    const calls = (stepDetails.type === 'tool_calls' && stepDetails.tool_calls) || [];
    const slots = calls.length === 0 ? [this.#slots.claim(step.index)] : this.#claimCalls(step, calls);
    const slot = slots[0]!;
    this.stepMap.set(step.id, slot === step.index ? step : { ...step, index: slot });
    const owner: SlotOwner = {};
    if (step.agentId) owner.agentId = step.agentId;
    if (step.groupId != null) owner.groupId = step.groupId;
    if (Object.keys(owner).length > 0) for (const own of slots) this.#owners.set(own, owner);
    if (step.summary !== undefined) this.#put(slot, step.summary);
    if (stepDetails.type !== 'tool_calls') return;
    const claims = new Map(slots.map((own, i) => [own, calls[i]?.id || undefined]));
    this.#toolSlots.set(step.id, { slots, claims, byChunkIndex: new Map() });
    calls.forEach((call, i) => {
      if (call.name) this.#tool(slots[i]!, call);
    });
  }

  /** A slot for each call of a step; a call that has one keeps it. */
  #claimCalls(step: RunStep, calls: readonly ToolCallChunk[]): number[] {
    const slots: number[] = [];
    for (const { id } of calls) {
      let slot = id ? this.#slotOfCall(id) : undefined;
      if (slot !== undefined) this.#slots.share(step.index, slot);
      else slot = slots.length === 0 ? this.#slots.claim(step.index) : this.#slots.claimFrom(slots.at(-1)! + 1);
      if (id) this.#slotByCall.set(id, slot);
      slots.push(slot);
    }
    return slots;
  }

  #delta(event: string, data: MessageDeltaEvent | ReasoningDeltaEvent): void {
    const step = this.stepMap.get(data.id);
    if (step === undefined) return warn(`${event} names the unknown run step ${data.id}`);
    const { content } = data.delta;
    if (content === undefined) return;
    if (!Array.isArray(content)) return this.#merge(step.index, content);
    for (let i = 0; i < content.length; i++) this.#merge(step.index, content[i]!);
  }

  #stepDelta({ id, delta }: RunStepDeltaEvent): void {
    const step = this.#toolSlots.get(id) ?? this.#adopt(id);
    if (step === undefined) return warn(`on_run_step_delta names the unknown run step ${id}`);
    if (delta.type !== 'tool_calls') return;
    for (const chunk of delta.tool_calls ?? []) {
      const slot = this.#slotOfChunk(step, chunk);
      if (slot === undefined) {
        warn(`on_run_step_delta has a tool call that run step ${id} does not know`);
        continue;
      }
      if (chunk.id) {
        step.claims.set(slot, chunk.id);
        this.#slotByCall.set(chunk.id, slot);
      }
      if (chunk.index !== undefined) step.byChunkIndex.set(chunk.index, slot);
      if (chunk.name) this.#tool(slot, { ...chunk, auth: delta.auth, expires_at: delta.expires_at });
    }
  }

  /** A step that the host entered into `stepMap` itself. */
  #adopt(id: string): ToolSlots | undefined {
    const step = this.stepMap.get(id);
    if (step === undefined) return undefined;
    const slots: ToolSlots = { slots: [step.index], claims: new Map([[step.index, undefined]]), byChunkIndex: new Map() };
    this.#toolSlots.set(id, slots);
    return slots;
  }

  #slotOfChunk(step: ToolSlots, chunk: ToolCallChunk): number | undefined {
    if (chunk.id) {
      const slot = this.#slotOfCall(chunk.id);
      if (slot !== undefined) return slot;
    }
    if (chunk.index !== undefined) {
      const slot = step.byChunkIndex.get(chunk.index);
      if (slot !== undefined) return slot;
    }
    if (step.slots.length === 1) return step.slots[0];
    return step.slots.find((slot) => step.claims.get(slot) === undefined);
  }

  #completed({ result }: RunStepCompletedEvent): void {
    const step = this.stepMap.get(result.id);
    if (result.type === 'summary') {
      if (step === undefined) return warn(`on_run_step_completed names the unknown run step ${result.id}`);
      this.contentParts[step.index] = undefined;
      return this.#put(step.index, result.summary);
    }
    const call = result.tool_call;
    const slots = this.#toolSlots.get(result.id)?.slots;
    const slot = (call.id ? this.#slotOfCall(call.id) : undefined) ?? (slots?.length === 1 ? slots[0] : step?.index);
    if (slot === undefined) return warn(`on_run_step_completed names neither a known tool call nor a known run step: ${result.id}`);
    this.#tool(slot, { ...call, final: true });
  }

  #summaryDelta({ id, delta }: SummarizeDeltaEvent): void {
    const step = this.stepMap.get(id);
    if (step === undefined) return warn(`on_summarize_delta names the unknown run step ${id}`);
    const before = this.contentParts[step.index];
    const content = [...((before?.type === 'summary' && before.content) || []), ...(delta.summary.content ?? [])];
    this.#put(step.index, { ...delta.summary, content });
  }

  #summaryComplete({ summary }: SummarizeCompleteEvent): void {
    const messageId = summary?.boundary?.messageId;
    if (summary === undefined || messageId === undefined) return;
    const slot = this.contentParts.findIndex((part) => part?.type === 'summary' && part.boundary?.messageId === messageId);
    if (slot >= 0) this.#put(slot, summary);
  }

  /** The slot of a tool call: as events told, or where the host's own parts have it. */
  #slotOfCall(id: string): number | undefined {
    const slot = this.#slotByCall.get(id);
    if (slot !== undefined) return slot;
    const seeded = this.contentParts.findIndex((part) => part?.type === 'tool_call' && (part as ToolCallContent).tool_call?.id === id);
    return seeded >= 0 ? seeded : undefined;
  }

  #merge(slot: number, part: MessageContentComplex): void {
    const merged = mergePart(this.contentParts[slot], part);
    if (merged === undefined) return warn(`a \`${part.type}\` part was dropped: position ${slot} holds \`${this.contentParts[slot]?.type}\``);
    this.#put(slot, merged);
  }

  #tool(slot: number, update: ToolCallUpdate): void {
    const before = this.contentParts[slot];
    if (before !== undefined && before.type !== 'tool_call') {
      return warn(`a tool call was dropped: position ${slot} holds \`${before.type}\``);
    }
    const merged = mergeToolCall(before as ToolCallContent | undefined, update);
    if (merged !== undefined) this.#put(slot, merged);
  }

  #put(slot: number, part: MessageContentComplex | SummaryContent): void {
    const owner = this.#owners.get(slot);
    this.contentParts[slot] = owner === undefined ? part : { ...part, ...owner };
  }
}

function warn(problem: string): void {
  console.warn(`[moss] content: ${problem}`);
}
