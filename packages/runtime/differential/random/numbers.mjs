// Numbers that look random and are the same for the same seed (mulberry32).

export function numbers(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(next() * count);
  return {
    below,
    chance: (share) => next() < share,
    one: (list) => list[below(list.length)],
    /** Some of a list, at least `least`, in its order. */
    some: (list, least = 0) => {
      const taken = list.filter(() => next() < 0.5);
      while (taken.length < Math.min(least, list.length)) {
        const more = list[below(list.length)];
        if (!taken.includes(more)) taken.push(more);
      }
      return taken;
    },
  };
}

/** A number for a text, to choose by what a node sees. */
export function numberOf(text) {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}
