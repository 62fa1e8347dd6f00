/** Whether an error is worth another attempt where a policy does not say: LangGraph's rule. */
export function isWorthRetrying(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true;
  const { name, code, message, status, response, error: inner } = error as Record<string, any>;
  if (name === 'AbortError' || name === 'GraphInterrupt' || code === 'CANCELLED' || code === 'ECONNABORTED') return false;
  if (typeof message === 'string' && (message.startsWith('Cancel') || message.startsWith('AbortError'))) return false;
  if (inner?.code === 'insufficient_quota' || code === 'insufficient_quota') return false;
  const http: unknown = response?.status ?? status;
  return !(typeof http === 'number' && ((http >= 400 && http <= 407) || http === 409));
}
