// Packs the ranks of an installed `ai-tokenizer` for this crate:
//
//     node pack.mjs FOLDER-WITH-NODE_MODULES
//
// The form, which `src/vocabulary/packed.rs` reads: `MTR1`, the number of tokens (u32, little-endian), then one zlib
// stream of four parts. Tokens are sorted by their bytes. Part 1: how many bytes each shares with the one before
// (varint). Part 2: how many of its own follow (varint). Part 3: the ids, first all low bytes, then all middle ones,
// then all high ones. Part 4: the bytes of their own, one after the other.

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateSync } from 'node:zlib';

const require = createRequire(join(resolve(process.argv[2] ?? '.'), 'package.json'));

const varint = number => {
  const bytes = [];
  for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
  return [...bytes, number];
};

for (const name of ['o200k_base', 'cl100k_base', 'claude']) {
  const encoding = await import(pathToFileURL(require.resolve(`ai-tokenizer/encoding/${name}`)));
  const tokens = [
    ...Object.entries(encoding.stringEncoder).map(([text, id]) => [Buffer.from(text), id]),
    ...encoding.binaryEncoder.map(([bytes, id]) => [Buffer.from(bytes), id]),
  ].sort(([a], [b]) => Buffer.compare(a, b));

  const shared = [], lengths = [], own = [];
  let before = Buffer.alloc(0);
  for (const [bytes] of tokens) {
    let same = 0;
    while (same < Math.min(bytes.length, before.length) && bytes[same] === before[same]) same += 1;
    shared.push(...varint(same));
    lengths.push(...varint(bytes.length - same));
    own.push(bytes.subarray(same));
    before = bytes;
  }
  const ids = [0, 8, 16].flatMap(shift => tokens.map(([, id]) => (id >>> shift) & 255));
  const parts = Buffer.concat([Buffer.from(shared), Buffer.from(lengths), Buffer.from(ids), ...own]);
  const head = Buffer.alloc(8);
  head.write('MTR1');
  head.writeUInt32LE(tokens.length, 4);
  const file = new URL(`${name}.ranks`, import.meta.url);
  writeFileSync(file, Buffer.concat([head, deflateSync(parts, { level: 9 })]));
}
