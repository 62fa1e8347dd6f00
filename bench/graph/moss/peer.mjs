// @moss/runtime with nodes in JavaScript.
import { answer } from '../node/answer.mjs';
import { kit } from './kit.mjs';

await answer(kit);
