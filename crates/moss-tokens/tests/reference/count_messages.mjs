// What `getTokenCountForMessage` of `@librechat/agents` 3.9.2 says of messages:
//
//     node count_messages.mjs FOLDER-WITH-NODE_MODULES FILE
//
// FILE is a JSON list of `{"message": …}`, the messages in the flat JSON of LangGraph's server. Each gets the counts `o200k_base`
// and `claude`; the file is written anew, one message a line.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, file] = process.argv.slice(2);
const require = createRequire(join(resolve(folder), 'package.json'));
const load = name => import(pathToFileURL(require.resolve(name)));

const { getTokenCountForMessage } = await load('@librechat/agents');
const { SystemMessage, HumanMessage, AIMessage, ToolMessage } = await load('@langchain/core/messages');
const { Tokenizer } = await load('ai-tokenizer');

const classes = { system: SystemMessage, human: HumanMessage, ai: AIMessage, tool: ToolMessage };
const tokenizers = {};
for (const name of ['o200k_base', 'claude']) {
  tokenizers[name] = new Tokenizer(await load(`ai-tokenizer/encoding/${name}`));
}
const lines = JSON.parse(readFileSync(file, 'utf8')).map(({ message }) => {
  const { type, ...fields } = message;
  const counts = Object.entries(tokenizers).map(([name, tokenizer]) => {
    const count = text => tokenizer.encode(text, [], []).length;
    return [name, getTokenCountForMessage(new classes[type](fields), count, name)];
  });
  return JSON.stringify({ message, ...Object.fromEntries(counts) });
});
writeFileSync(file, `[\n${lines.join(',\n')}\n]\n`);
