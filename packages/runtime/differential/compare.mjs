// Records of both libraries beside one another.

/** A text that is the same for values that are the same, whatever the order of their members. */
export function canonical(value) {
  return JSON.stringify(value, (_, member) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

export const isSame = (one, other) => canonical(one) === canonical(other);

/** The observations that differ, each with what both libraries gave. */
export function differences(langgraph, moss) {
  const names = [...new Set([...Object.keys(langgraph), ...Object.keys(moss)])];
  return names
    .filter((name) => !isSame(langgraph[name], moss[name]))
    .map((name) => ({ observation: name, langgraph: langgraph[name], moss: moss[name] }));
}
