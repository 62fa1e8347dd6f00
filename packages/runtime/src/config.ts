import type { AgentContext } from './graph.js';
import { plain, plainMembers } from './json.js';
import { defineTools, type ToolTable } from './tools.js';
import type { ClientOptions, ProviderName, RunConfig } from './types/config.js';

/** A configuration, taken apart into what the engine gets and what stays here. */
export interface ReadConfig {
  /** For the engine, as JSON text. */
  json: string;
  tools: ToolTable;
  agents: AgentContext[];
  signal: AbortSignal | undefined;
}

/**
 * Reads a host's configuration. Whether it is complete the engine judges: what is missing or of a wrong type goes there as it is.
 */
export function readConfig(config: RunConfig, wants: string[]): ReadConfig {
  const tools: ToolTable = new Map();
  const agents: AgentContext[] = [];
  const graph: unknown = config?.graphConfig;
  const graphConfig = isObject(graph) ? readGraph(graph, tools, agents) : graph;
  const json = JSON.stringify({
    runId: config?.runId,
    graphConfig,
    // Always: the graph keeps the content for `getContentParts`.
    returnContent: true,
    wants,
    toolTimeoutMs: config?.toolTimeout,
  });
  const signal = isObject(graph) ? (graph['signal'] as AbortSignal | undefined) : undefined;
  return { json, tools, agents, signal: signal ?? undefined };
}

function readGraph(graph: Members, tools: ToolTable, agents: AgentContext[]): object {
  if (Array.isArray(graph['agents'])) {
    const { agents: list, ...rest } = graph as { agents: unknown[] };
    return { ...plainMembers(rest), agents: list.map((agent: unknown) => (isObject(agent) ? readAgent(agent, tools, agents) : agent)) };
  }
  const { llmConfig, tools: list, ...rest } = graph;
  if (!isObject(llmConfig)) return plainMembers(graph);
  const { provider, ...clientOptions } = llmConfig;
  agents.push({ agentId: 'default', provider: provider as ProviderName, clientOptions: clientOptions as ClientOptions });
  return { ...plainMembers(rest), tools: defineTools(list, tools), llmConfig: plainMembers(llmConfig) };
}

function readAgent(agent: Members, tools: ToolTable, agents: AgentContext[]): object {
  const { agentId, provider, clientOptions } = agent;
  agents.push({
    agentId: typeof agentId === 'string' ? agentId : 'default',
    provider: provider as ProviderName,
    clientOptions: (clientOptions ?? {}) as ClientOptions,
  });
  const { tools: list, clientOptions: _options, ...rest } = agent;
  return { ...plainMembers(rest), tools: defineTools(list, tools), clientOptions: plainMembers(clientOptions) };
}

/** Scalar members of a run's `configurable` and its metadata, as LangGraph hands them to tools. */
export function scalarMembers(configurable: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(configurable).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value)),
  );
}

/** The JSON of a call's `configurable` or `metadata`. */
export function contextJson(members: object): string {
  return JSON.stringify(plain({ ...members }));
}

type Members = Record<string, unknown>;

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}
