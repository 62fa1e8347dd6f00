// The tokens that `ai-tokenizer` makes of texts:
//
//     node encode.mjs FOLDER-WITH-NODE_MODULES < texts.json > tokens.json
//
// In: a JSON list of texts. Out: an object with a list of tokens for each text, by encoding, one text a line.
// Special tokens are text here: nothing is allowed, and nothing refused.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(resolve(process.argv[2] ?? '.'), 'package.json'));
const load = name => import(pathToFileURL(require.resolve(name)));

const { Tokenizer } = await load('ai-tokenizer');
const texts = JSON.parse(readFileSync(0, 'utf8'));
const lists = [];
for (const name of ['o200k_base', 'cl100k_base', 'claude']) {
  const tokenizer = new Tokenizer(await load(`ai-tokenizer/encoding/${name}`));
  const tokens = texts.map(text => JSON.stringify(tokenizer.encode(text, [], [])));
  lists.push(`"${name}":[\n${tokens.join(',\n')}\n]`);
}
process.stdout.write(`{${lists.join(',\n')}}\n`);
