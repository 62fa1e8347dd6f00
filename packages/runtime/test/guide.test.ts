// The examples of the guide to state graphs print what the guide shows, and are the code it shows.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withoutNative } from './support/native.js';

const repository = new URL('../../../../', import.meta.url);
const examples = new URL('packages/runtime/examples/state-graph/', repository);
const guide = new URL('docs/state-graph/', repository);

interface Block {
  page: string;
  language: string;
  text: string;
}

/** The fenced blocks of all pages. */
function blocks(): Block[] {
  const pages = fs.readdirSync(guide).filter((page) => page.endsWith('.md'));
  return pages.flatMap((page) => {
    const text = fs.readFileSync(new URL(page, guide), 'utf8');
    return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({ page, language: language!, text: text! }));
  });
}

/** What the guide says that a command prints. */
function printedBy(command: string): string {
  const shown = blocks()
    .filter(({ language, text }) => language === 'console' && text.split('\n').includes(`$ ${command}`))
    .map(({ text }) => text.replace(/^(\$ .*\n)+/, ''));
  assert.equal(shown.length, 1, `the guide shows once what \`${command}\` prints`);
  return shown[0]!;
}

/** Indentation does not count. */
const flat = (text: string) => text.split('\n').map((line) => line.trim()).join('\n');

const names = fs.readdirSync(examples).filter((name) => name.endsWith('.mjs'));

describe('the guide to state graphs', () => {
  test('shows code of the examples', () => {
    const files = names.map((name) => flat(fs.readFileSync(new URL(name, examples), 'utf8')));
    for (const { page, language, text } of blocks()) {
      if (language !== 'javascript') continue;
      for (const piece of text.split('// …\n')) {
        assert.ok(files.some((file) => file.includes(flat(piece))), `${page} shows code that no example has:\n${piece}`);
      }
    }
  });
});

describe('examples of the guide to state graphs', { skip: withoutNative, concurrency: 4 }, () => {
  for (const name of names) {
    test(name, async () => {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [fileURLToPath(new URL(name, examples))], { timeout: 30_000 });
      assert.equal(stderr, '');
      assert.equal(stdout, printedBy(`node packages/runtime/examples/state-graph/${name}`));
    });
  }
});
