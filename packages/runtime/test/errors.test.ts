import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AbortError, describeThrown, errorFromJson } from '#runtime/errors';

test('an error carries what the engine knows of it', () => {
  const error = errorFromJson({ name: 'Error', message: '429 slow down', code: 'PROVIDER_RATE_LIMIT', status: 429, requestId: 'r', retryAfterMs: 9, causes: ['near', 'far'] });
  assert.ok(error instanceof Error);
  assert.deepEqual({ ...error }, { code: 'PROVIDER_RATE_LIMIT', status: 429, requestId: 'r', retryAfterMs: 9 });
  assert.deepEqual([error.name, error.message], ['Error', '429 slow down']);
  const near = error.cause as Error;
  assert.deepEqual([near.message, (near.cause as Error).message, (near.cause as Error).cause], ['near', 'far', undefined]);
});

test('an error without details has none', () => {
  const error = errorFromJson({ name: 'GraphRecursionError', message: 'm', code: 'GRAPH_RECURSION_LIMIT' });
  assert.deepEqual([error.name, Object.keys(error), 'cause' in error], ['GraphRecursionError', ['code'], false]);
});

test('an abort has its name, its sentence, and the reason as cause', () => {
  const error = new AbortError('user left');
  assert.deepEqual([error.name, error.message, error.code, error.cause], ['AbortError', 'This operation was aborted', 'CANCELLED', 'user left']);
});

test('anything that is thrown has a name and a message', () => {
  assert.deepEqual(describeThrown(new TypeError('t')), { name: 'TypeError', message: 't' });
  assert.deepEqual(describeThrown('text'), { name: 'Error', message: 'text' });
  assert.deepEqual(describeThrown(undefined), { name: 'Error', message: 'undefined' });
  assert.deepEqual(describeThrown({ message: 4 }), { name: 'Error', message: '4' });
  assert.deepEqual(describeThrown(Object.create(null)), { name: 'Error', message: 'a value that has no text was thrown' });
});
