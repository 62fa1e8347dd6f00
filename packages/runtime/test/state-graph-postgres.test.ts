// Threads of state graphs on a PostgreSQL server.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Command, field, GraphError, PostgresCheckpointer, START, StateGraph, type Checkpointer, type PostgresOptions } from '@moss/runtime';
import { withoutNative } from './support/native.js';
import { postgresServer, withoutPostgres, type PostgresServer } from './support/postgres.js';

const state = { log: field.append<string>() };

const ordering = (checkpointer: Checkpointer) =>
  new StateGraph({ state })
    .addNode('order', () => ({ log: 'ordered' }))
    .addNode('confirm', (_state, { interrupt }) => ({ log: `sent: ${interrupt('Send it?')}` }))
    .addEdge(START, 'order')
    .addEdge('order', 'confirm')
    .compile({ checkpointer });

describe('threads on a PostgreSQL server', { skip: withoutNative || withoutPostgres }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await postgresServer();
  });
  after(() => server?.stop());

  test('a thread goes on over another connection, with all that a store does', async () => {
    const [threadId, copy] = [`order-${process.pid}`, `copy-${process.pid}`];
    const first = await PostgresCheckpointer.connect(server.url, { connections: 2, busyTimeoutMs: 10_000 });
    await first.deleteThread(threadId);
    const asked = await ordering(first).run({}, { threadId, runId: 'r1' });
    assert.deepEqual([asked.ending, asked.interrupts[0]?.value], ['interrupted', 'Send it?']);
    first.close();

    const second = await PostgresCheckpointer.connect(server.url);
    const engine = ordering(second);
    await second.copyThread(threadId, copy);
    const done = await engine.run(new Command({ resume: 'yes' }), { threadId });
    assert.deepEqual(done.values.log, ['ordered', 'sent: yes']);
    assert.deepEqual((await engine.getState({ threadId: copy }))?.values, { log: ['ordered'] });
    assert.ok((await second.prune(threadId, { keepLast: 1 })) > 0);
    assert.ok((await second.deleteRun(copy, 'r1')) > 0);
    await second.deleteThread(threadId);
    second.close();
  });

  test('what is no server rejects with what to do, and no password is told', async () => {
    const unreachable = 'postgres://user:pass-word@127.0.0.1:1/db';
    const given: [url: string, options?: PostgresOptions][] = [[unreachable], ['pass-word://'], [unreachable, { rootCertificates: 'none' }]];
    for (const [url, options] of given) {
      const error: unknown = await PostgresCheckpointer.connect(url, options).then(
        () => assert.fail('it is connected'),
        (error: unknown) => error,
      );
      assert.ok(error instanceof GraphError);
      assert.equal(error.code, 'STORE_UNAVAILABLE');
      assert.equal(`${error.message} ${String(error.cause)} ${error.stack}`.includes('pass-word'), false);
    }
  });

  test('options that are none are refused', async () => {
    await assert.rejects(PostgresCheckpointer.connect(undefined as never), { code: 'INVALID_CONFIG' });
    await assert.rejects(PostgresCheckpointer.connect(server.url, { connections: 0 }), { code: 'INVALID_CONFIG' });
    await assert.rejects(PostgresCheckpointer.connect(server.url, { conections: 1 } as never), { code: 'UNKNOWN_OPTION', message: /connections/ });
  });
});
