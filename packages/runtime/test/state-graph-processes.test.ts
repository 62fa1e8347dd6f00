// How processes and threads with runs in them end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withoutNative } from './support/native.js';

const child = fileURLToPath(new URL('./support/state-graph-child.js', import.meta.url));

/** What a process prints, and how it ends. One that does not end is killed, and has no code. */
function ended(name: string): Promise<{ code: number | null; lines: string[]; errors: string }> {
  return new Promise((resolve) => {
    const process_ = spawn(process.execPath, [child, name], { timeout: 30_000 });
    let out = '';
    let errors = '';
    process_.stdout.on('data', (piece) => (out += piece));
    process_.stderr.on('data', (piece) => (errors += piece));
    process_.on('close', (code) => resolve({ code, lines: out.trim().split('\n'), errors }));
  });
}

describe('processes with state graphs', { skip: withoutNative }, () => {
  test('a process lives while a run waits for its next attempt, and ends after it', async () => {
    assert.deepEqual(await ended('retry'), { code: 0, lines: ['{"n":2}'], errors: '' });
  });

  test('a process exits in the middle of a run', async () => {
    assert.deepEqual(await ended('exit'), { code: 7, lines: ['bye'], errors: '' });
  });

  test('a worker thread is terminated in the middle of a run, and other threads go on', async () => {
    assert.deepEqual(await ended('worker'), { code: 0, lines: ['terminated', '{"n":1}'], errors: '' });
  });

  test('an engine without a run keeps no process alive', async () => {
    assert.deepEqual(await ended('idle'), { code: 0, lines: ['true'], errors: '' });
  });
});
