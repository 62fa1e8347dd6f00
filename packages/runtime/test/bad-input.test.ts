// What a user sees when something is wrong. Each case runs in a process of its own, which must end by itself with status 0.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withoutNative } from './support/native.js';

const child = fileURLToPath(new URL('./support/bad-input-child.js', import.meta.url));

/** Rejects when the process dies, and when it does not end. */
async function seen(name: string): Promise<any> {
  const { stdout } = await promisify(execFile)(process.execPath, [child, name], { timeout: 30_000 });
  return JSON.parse(stdout);
}

/** Expects an error with this code, whose message is this text or matches. */
function refuses(name: string, code: string | undefined, message: string | RegExp): void {
  test(`${name}: ${String(message)}`, async () => {
    const { thrown, ...rest } = await seen(name);
    assert.deepEqual(rest, {});
    assert.equal(thrown.code, code, thrown.message);
    if (typeof message === 'string') assert.equal(thrown.message, message);
    else assert.match(thrown.message, message);
  });
}

describe('bad input', { skip: withoutNative, concurrency: 2 }, () => {
  refuses('no run id', 'MISSING_RUN_ID', 'Run ID not provided');
  refuses('no config', 'MISSING_RUN_ID', 'Run ID not provided');
  refuses('no graph config', 'MISSING_GRAPH_CONFIG', 'Graph config not provided');
  refuses('no agent', 'MISSING_AGENT', 'At least one agent must be provided');
  refuses('unknown provider', 'UNKNOWN_PROVIDER', /^Unsupported LLM provider: nobody/);
  refuses('tool without a name', 'INVALID_TOOL', /^tool 0 has no name\./);
  refuses('two tools of one name', 'DUPLICATE_TOOL', /two tools are named `f`/);
  refuses('tool without invoke', 'INVALID_TOOL', /^tool `f` has no `invoke` function\./);
  refuses('odd message', 'INVALID_MESSAGE', /message 1 has neither a `role` nor a `type`/);
  refuses('message of an odd role', 'INVALID_MESSAGE', /message 0 has the unknown role `critic`/);
  refuses('HTML instead of a stream', 'PROTOCOL', /html/i);
  refuses('a stream without an end', 'STREAM_TRUNCATED', /./);
  refuses('a handler that throws', undefined, 'handler boom');

  test('a handler may throw undefined', async () => {
    assert.deepEqual(await seen('a handler that throws nothing'), { thrown: 'undefined' });
  });

  test('a tool that returns nothing does not end the run', async () => {
    const { content, tool } = await seen('a tool that returns nothing');
    assert.equal(typeof tool, 'string');
    assert.deepEqual(content.at(-1), { type: 'text', text: 'done' });
  });

  test('a tool that never returns counts as failed after `toolTimeout`', async () => {
    const { content, tool } = await seen('a tool that never returns');
    assert.match(tool, /^Error: .*50 ?ms/s);
    assert.deepEqual(content.at(-1), { type: 'text', text: 'done' });
  });

  test('a tool that throws no error at all counts as failed', async () => {
    const { content, tool } = await seen('a tool that throws what is no error');
    assert.equal(tool, 'Error: undefined\n Please fix your mistakes.');
    assert.deepEqual(content.at(-1), { type: 'text', text: 'done' });
  });
});
