// A loop over fifteen fields whose lists grow threefold in each turn.
//
// Six nodes: `one`, `two`, `three` beside `four`, `five` behind both, `six`. Most put one list behind another, so that there are
// 1, 2, 6, 19, 60, 189, 595, 1873 messages. The first is an object of objects, and all others are the same.
import { isDeepStrictEqual } from 'node:util';

import { check } from '../measure.mjs';

export function wide(kit, { outer, inner, length }) {
  let turn = 0;
  const text = () => String.fromCharCode(97 + (turn++ % 26)).repeat(length);
  const state = {
    messages: kit.append(),
    trigger_events: kit.append(),
    primary_issue_medium: kit.last('email'),
    autoresponse: kit.last(),
    issue: kit.last(),
    relevant_rules: kit.last(),
    memory_docs: kit.last(),
    categorizations: kit.append(),
    responses: kit.append(),
    user_info: kit.last(),
    crm_info: kit.last(),
    email_thread_id: kit.last(),
    slack_participants: kit.merge(),
    bot_id: kit.last(),
    notified_assignees: kit.merge(),
  };
  const five = async ({ categorizations }) => {
    const last = categorizations.at(-1);
    return {
      user_info: last,
      crm_info: last,
      email_thread_id: text(),
      slack_participants: last,
      bot_id: text(),
      notified_assignees: last,
    };
  };
  const graph = kit
    .graph(state)
    .addNode('one', async ({ messages }) => ({ trigger_events: messages, primary_issue_medium: text() }))
    .addNode('two', async ({ trigger_events: events }) => ({ autoresponse: events.at(-1), issue: events.at(-1) }))
    .addNode('three', async ({ autoresponse }) => ({ relevant_rules: [autoresponse] }))
    .addNode('four', async ({ trigger_events: events }) => ({ categorizations: events, responses: events, memory_docs: events }))
    .addNode('five', five)
    .addNode('six', async ({ responses }) => ({ messages: responses }))
    .addEdge(kit.START, 'one')
    .addEdge('one', 'two')
    .addEdge('two', 'three')
    .addEdge('two', 'four')
    .addEdge(['three', 'four'], 'five')
    .addEdge('five', 'six')
    .addConditionalEdges('six', async ({ messages }) => (messages.length > length ? kit.END : 'one'), ['one', kit.END]);
  const first = message(outer, inner);
  const sizes = sizesOf(length);
  return {
    graph,
    input: { messages: [first] },
    supersteps: sizes.supersteps,
    check: (state) => {
      for (const list of ['messages', 'responses', 'trigger_events']) {
        check(state[list].length === sizes[list], `${state[list].length} ${list}, not ${sizes[list]}`);
      }
      check(isDeepStrictEqual(state.messages.at(-1), first), 'the last message is another');
      check(isDeepStrictEqual(state.notified_assignees, first), 'the assignees are others');
      check(state.bot_id.length === length, 'the text has another length');
    },
  };
}

/** The first message: `outer` members, each of `inner` lists of 25. */
function message(outer, inner) {
  const leaf = ['hi?'.repeat(10), true, 1, 6327816386138, null];
  const object = (size, member) => Object.fromEntries(Array.from({ length: size }, (_, number) => [`${number}`.repeat(10), member()]));
  return object(outer, () => object(inner, () => Array.from({ length: 5 }, () => leaf).flat()));
}

/** How the loop goes: how many supersteps it takes, and how many items come of it. */
function sizesOf(length) {
  const sizes = { supersteps: 0, messages: 1, responses: 0, trigger_events: 0 };
  while (sizes.messages <= length) {
    sizes.trigger_events += sizes.messages;
    sizes.responses += sizes.trigger_events;
    sizes.messages += sizes.responses;
    sizes.supersteps += 5;
  }
  return sizes;
}
