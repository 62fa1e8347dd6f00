/** A value that JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Deeper levels than this are left out: no configuration needs them, and an endless object must end somewhere. */
const MAX_DEPTH = 64;

/**
 * The part of a host's object that JSON can carry: functions, symbols, instances of classes without `toJSON` (signals, maps,
 * HTTP agents …) and references back to a parent are left out.
 */
export function plain(value: unknown): Json | undefined {
  return copy(value, []);
}

/** The members of an object that JSON can carry; of a class instance too. Anything that is no object gives `{}`. */
export function plainMembers(value: unknown): { [key: string]: Json } {
  if (typeof value !== 'object' || value === null) return {};
  return members(value, [value]);
}

function copy(value: unknown, parents: object[]): Json | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
    case 'object':
      return value === null ? null : copyObject(value, parents);
    default:
      return undefined;
  }
}

function copyObject(value: object, parents: object[]): Json | undefined {
  if (parents.includes(value) || parents.length >= MAX_DEPTH) return undefined;
  const inside = [...parents, value];
  if (Array.isArray(value)) return value.map((element) => copy(element, inside) ?? null);
  const toJSON: unknown = (value as { toJSON?: unknown }).toJSON;
  if (typeof toJSON === 'function') {
    try {
      return copy((value as { toJSON(): unknown }).toJSON(), inside);
    } catch {
      return undefined;
    }
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm have another `Object.prototype`; what they share is that nothing stands above it.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return undefined;
  return members(value, inside);
}

function members(value: object, inside: object[]): { [key: string]: Json } {
  const result: { [key: string]: Json } = {};
  for (const key of Object.keys(value)) {
    const member = copy((value as Record<string, unknown>)[key], inside);
    if (member !== undefined) result[key] = member;
  }
  return result;
}
