import { RuntimeError } from './errors.js';
import type { BaseMessage } from '@langchain/core/messages';
import type { MessageContentComplex } from './types/content.js';
import type { ClientOptions, ProviderName } from './types/config.js';
import type { EventMetadata } from './types/handler.js';
import type { RunStep } from './types/run-step.js';

/** What a host may ask about an agent. */
export interface AgentContext {
  agentId: string;
  provider: ProviderName;
  clientOptions: ClientOptions;
}

/**
 * A run's state as hosts see it: plain public members, which a host may read while the run is going on and set to null when it is
 * done with the run. The engine's own state is elsewhere, so nothing here can break a run.
 */
export class Graph {
  runId: string;
  /** The run steps so far, in order. The array stays the same one until `resetValues` or `clearHeavyState`. */
  contentData: RunStep[] = [];
  /** Content index by run step. */
  contentIndexMap: Map<string, number> = new Map();
  /** Run step by tool call. */
  toolCallStepIds: Map<string, string> = new Map();
  /** Messages of the last run; filled when it ends. */
  messages: BaseMessage[] = [];
  /** Agents by id. */
  agentContexts: Map<string, AgentContext>;
  /** Sessions of code execution by tool name; the host's. */
  sessions: Map<string, unknown> = new Map();
  defaultAgentId: string;
  signal: AbortSignal | undefined;
  overrideModel: unknown;
  /** The last run's content, while it is kept. */
  content: MessageContentComplex[] | undefined;

  constructor(runId: string, agents: AgentContext[], signal?: AbortSignal) {
    this.runId = runId;
    this.agentContexts = new Map(agents.map((agent) => [agent.agentId, agent]));
    this.defaultAgentId = agents[0]?.agentId ?? '';
    this.signal = signal;
  }

  /** Forgets the run before; with `keepContent` only its messages. */
  resetValues(keepContent = false): void {
    this.messages = [];
    this.content = undefined;
    if (keepContent && this.contentData != null) return;
    this.contentData = [];
    this.contentIndexMap = new Map();
    this.toolCallStepIds = new Map();
  }

  /** Lets go of everything that grows with a run. */
  clearHeavyState(): void {
    this.resetValues();
    this.overrideModel = undefined;
  }

  /** The content of a run that has ended and whose state is kept (`skipCleanup`). */
  getContentParts(): MessageContentComplex[] | undefined {
    return this.content;
  }

  /** The run steps so far; `[]` once a host has set `contentData` to null. */
  getRunSteps(): RunStep[] {
    return [...(this.contentData ?? [])];
  }

  /** The agent that an event's metadata names. Throws when there is none. */
  getAgentContext(metadata: EventMetadata | undefined): AgentContext {
    const node = metadata?.['langgraph_node'];
    if (typeof node !== 'string') {
      throw new RuntimeError('INVALID_CONFIG', 'the metadata has no `langgraph_node`. Give the metadata that the event handler was called with');
    }
    const agentId = node.slice(node.indexOf('=') + 1);
    const context = this.agentContexts?.get(agentId);
    if (context === undefined) throw new RuntimeError('INVALID_CONFIG', `no agent of this run is called \`${agentId}\``);
    return context;
  }

  /** Notes a step that begins. Survives members that a host has set to null. */
  recordRunStep(step: RunStep): void {
    this.contentData?.push(step);
    this.contentIndexMap?.set(step.id, step.index);
    if (step.stepDetails.type !== 'tool_calls') return;
    for (const { id } of step.stepDetails.tool_calls ?? []) if (id) this.toolCallStepIds?.set(id, step.id);
  }
}
