// How fast `ai-tokenizer` counts the texts of `crates/moss-tokens/benches/count.rs`, to set beside it:
//
//     npm install --prefix target/ai-tokenizer ai-tokenizer@1.0.6
//     node bench/tokens.mjs target/ai-tokenizer
//     cargo bench -p moss-tokens
//
// Cold: with a new tokenizer for each text, as the first count of a text is. Warm: counting the same text again, when
// each of its pieces is in the tokenizer's cache.

import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(resolve(process.argv[2] ?? 'target/ai-tokenizer'), 'package.json'));
const load = name => import(pathToFileURL(require.resolve(name)));
const { Tokenizer } = await load('ai-tokenizer');

const SIZE = 100_000;
const KINDS = {
  english:
    "Mosses have no roots; they drink with their leaves, and they're older than any tree. Where it's damp, they grow. ",
  code: 'fn grow(&mut self, rain: Option<u32>) -> Result<usize, Error> {\n    let height = self.height + rain.unwrap_or(0) as usize * 2;\n    Ok(height)\n}\n',
  chinese: '苔藓没有根，靠叶子喝水。它们比任何树都古老，下雨的时候特别绿！',
  russian: 'Мох растёт на камнях и не торопится: ему хватает тумана и дождя. ',
  // A hundred thousand would take it minutes: its time grows with the square of a piece's length.
  one_letter: 'a',
};

const milliseconds = work => {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
};
const median = numbers => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

console.log('kind/encoding'.padEnd(26), 'cold MB/s'.padStart(10), 'warm MB/s'.padStart(10));
for (const name of ['o200k_base', 'cl100k_base', 'claude']) {
  const encoding = await load(`ai-tokenizer/encoding/${name}`);
  for (const [kind, unit] of Object.entries(KINDS)) {
    const size = kind === 'one_letter' ? SIZE / 20 : SIZE;
    const text = unit.repeat(Math.floor(size / Buffer.byteLength(unit)));
    const megabytes = Buffer.byteLength(text) / 1e6;
    const cold = [], warm = [];
    for (let round = 0; round < 5; round += 1) {
      const tokenizer = new Tokenizer(encoding);
      cold.push(milliseconds(() => tokenizer.count(text)));
      warm.push(milliseconds(() => tokenizer.count(text)));
    }
    const rate = times => (megabytes / (median(times) / 1000)).toFixed(2).padStart(10);
    console.log(`${kind}/${name}`.padEnd(26), rate(cold), rate(warm));
  }
}
