// LangGraph.js.
import { answer } from '../node/answer.mjs';
import { kit } from './kit.mjs';

await answer(kit);
