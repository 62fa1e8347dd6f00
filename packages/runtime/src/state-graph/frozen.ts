/** A value of JSON, frozen to its depths, in place. */
export function frozen<T>(value: T): T {
  return typeof value === 'object' && value !== null ? freeze(value) : value;
}

function freeze<T extends object>(value: T): T {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) frozen(value[i] as unknown);
  } else {
    for (const member in value) frozen(value[member] as unknown);
  }
  return Object.freeze(value);
}
