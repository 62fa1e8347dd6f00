/**
 * A value as JSON for the engine. Half a character (a lone surrogate), which JavaScript's texts may hold and JSON may not, becomes
 * U+FFFD, as in every other encoder. Throws where JSON cannot carry the value.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  // `JSON.stringify` escapes lone surrogates, and nothing else, so.
  return text.includes('\\ud') ? text.replace(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, (escape) => (escape.length === 6 ? '\\ufffd' : escape)) : text;
}
