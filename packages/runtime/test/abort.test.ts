import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { AbortBridge } from '#runtime/abort';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

test('the first of several signals aborts once, and all listeners go', () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const reasons: unknown[] = [];
  const bridge = new AbortBridge(a.signal, undefined, b.signal);
  bridge.listen((reason) => reasons.push(reason));
  assert.deepEqual([bridge.aborted, listeners(a.signal), listeners(b.signal)], [false, 1, 1]);
  b.abort('b');
  a.abort('a');
  assert.deepEqual([bridge.aborted, reasons, listeners(a.signal), listeners(b.signal)], [true, ['b'], 0, 0]);
});

test('a signal that has fired already aborts at once', () => {
  const reasons: unknown[] = [];
  const bridge = new AbortBridge(AbortSignal.abort('before'));
  bridge.listen((reason) => reasons.push(reason));
  assert.deepEqual([bridge.aborted, bridge.reason, reasons], [true, 'before', ['before']]);
});

test('release removes the listeners and is idempotent; one signal given twice has one listener', () => {
  const { signal } = new AbortController();
  const bridge = new AbortBridge(signal, signal);
  bridge.listen(() => assert.fail('nothing was aborted'));
  assert.equal(listeners(signal), 1);
  bridge.release();
  bridge.release();
  assert.equal(listeners(signal), 0);
});

test("the host's onabort stays as it is", () => {
  const controller = new AbortController();
  let called = 0;
  controller.signal.onabort = () => called++;
  new AbortBridge(controller.signal).listen(() => {});
  controller.abort();
  assert.equal(called, 1);
});
