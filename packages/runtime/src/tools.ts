import { toJsonSchema } from '@langchain/core/utils/json_schema';
import { describeThrown, RuntimeError } from './errors.js';
import { plainMembers } from './json.js';
import type { GenericTool } from './types/tool.js';

/** What the engine needs to know of a tool. */
export interface ToolDefinition {
  name: unknown;
  description: string;
  /** JSON Schema of the arguments. */
  schema: unknown;
  /** Whether the tool checks its arguments itself; the engine checks those of all others against the schema. */
  checksArguments: boolean;
}

/** Tools by name. */
export type ToolTable = Map<string, GenericTool>;

/**
 * Describes an agent's tools for the engine and enters them into `table`. The engine checks the names; that a tool can be
 * invoked only JavaScript can check.
 */
export function defineTools(tools: unknown, table: ToolTable): (ToolDefinition | object)[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw new RuntimeError('INVALID_TOOL', '`tools` is not a list');
  return tools.map((tool: unknown, position) => (isServerTool(tool) ? plainMembers(tool) : define(tool, position, table)));
}

/**
 * Whether an entry is a tool that the provider runs itself, as its protocol writes it: it names its `type`, as OpenAI's and
 * Anthropic's do, or is an object under the tool's name and nothing else, as Google's are.
 */
function isServerTool(tool: unknown): tool is object {
  if (typeof tool !== 'object' || tool === null || 'invoke' in tool) return false;
  const { type, name } = tool as { type?: unknown; name?: unknown };
  if (typeof type === 'string') return type !== 'function';
  const values = Object.values(tool);
  return name === undefined && values.length === 1 && typeof values[0] === 'object' && values[0] !== null;
}

/** Whether a tool is LangChain's, of whichever copy of the library: it is then invoked with a whole tool call. */
export function isLangChainTool(tool: GenericTool): boolean {
  return (tool as { lc_runnable?: unknown }).lc_runnable === true;
}

function define(tool: unknown, position: number, table: ToolTable): ToolDefinition {
  if ((typeof tool !== 'object' && typeof tool !== 'function') || tool === null) {
    throw new RuntimeError('INVALID_TOOL', `tool ${position} is not an object. ${SHAPE}`);
  }
  const { name, description, schema, invoke } = tool as Partial<Record<string, unknown>>;
  // A tool without a name goes to the engine, which refuses it with its own sentence.
  if (typeof name === 'string' && name !== '') {
    if (typeof invoke !== 'function') {
      throw new RuntimeError('INVALID_TOOL', `tool \`${name}\` has no \`invoke\` function. ${SHAPE}`);
    }
    if (!table.has(name)) table.set(name, tool as GenericTool);
  }
  return {
    name,
    description: typeof description === 'string' ? description : '',
    schema: jsonSchema(name, schema),
    checksArguments: isLangChainTool(tool as GenericTool),
  };
}

/** A schema as JSON Schema: Zod's is turned into it. */
export function jsonSchema(name: unknown, schema: unknown): unknown {
  if (schema === undefined || schema === null) return { type: 'object', properties: {} };
  try {
    return toJsonSchema(schema as Parameters<typeof toJsonSchema>[0]);
  } catch (cause) {
    const { message } = describeThrown(cause);
    throw new RuntimeError('INVALID_TOOL', `the schema of tool \`${String(name)}\` cannot be turned into JSON Schema: ${message}`, {
      cause,
    });
  }
}

const SHAPE = 'A tool is a LangChain tool, or an object `{name, description, schema, invoke(args, runtime)}`';
