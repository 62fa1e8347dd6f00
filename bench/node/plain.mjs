// The floor for Node: fetch, split the event stream, JSON.parse each chunk, await the handler.
import { host, measure, setting } from './measure.mjs';

const url = `${setting('MOCK_URL')}/v1/chat/completions`;
const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-none' };

await measure(async (model) => {
  const { seen, handler } = host();
  const body = JSON.stringify({
    model,
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'hi' },
    ],
  });
  const response = await fetch(url, { method: 'POST', headers, body });
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body) {
    rest += decoder.decode(bytes, { stream: true });
    let start = 0;
    for (let end; (end = rest.indexOf('\n\n', start)) >= 0; start = end + 2) {
      const data = rest.slice(start + 'data: '.length, end);
      if (data === '[DONE]') continue;
      const chunk = JSON.parse(data);
      const text = chunk.choices[0]?.delta.content;
      if (text) await handler('on_message_delta', { id: chunk.id, delta: { content: [{ type: 'text', text }] } });
    }
    rest = rest.slice(start);
  }
  return seen;
});
