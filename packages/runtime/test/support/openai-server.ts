import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers one request. */
export type Answer = (response: http.ServerResponse, body: any) => void | Promise<void>;

/** A server on loopback that speaks OpenAI's chat protocol from a script. */
export interface OpenAIServer {
  /** With `/v1`. */
  baseURL: string;
  requests: { url: string; headers: http.IncomingHttpHeaders; body: any }[];
  close(): Promise<void>;
}

export async function openAIServer(...answers: Answer[]): Promise<OpenAIServer> {
  const requests: OpenAIServer['requests'] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      const body: unknown = text === '' ? {} : JSON.parse(text);
      requests.push({ url: request.url ?? '', headers: request.headers, body });
      const answer = answers.shift();
      if (answer !== undefined) return void answer(response, body);
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"the script is at its end"}}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const chunk = (choices: object[], rest: object = {}): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-x', choices, ...rest })}\n\n`;

const delta = (content: object): string => chunk([{ index: 0, delta: content, finish_reason: null }]);

function begin(response: http.ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(delta({ role: 'assistant', content: '' }));
}

function finish(response: http.ServerResponse, reason: string): void {
  response.write(chunk([{ index: 0, delta: {}, finish_reason: reason }]));
  response.write(chunk([], { usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } }));
  response.end('data: [DONE]\n\n');
}

/** An answer in text, a chunk a piece. */
export const text =
  (...pieces: string[]): Answer =>
  (response) => {
    begin(response);
    for (const content of pieces) response.write(delta({ content }));
    finish(response, 'stop');
  };

/** An answer that calls one tool, its arguments in several chunks. */
export const toolCall =
  (name: string, ...pieces: string[]): Answer =>
  (response) => {
    begin(response);
    response.write(delta({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name, arguments: '' } }] }));
    for (const piece of pieces) response.write(delta({ tool_calls: [{ index: 0, function: { arguments: piece } }] }));
    finish(response, 'tool_calls');
  };

/** Text and then nothing more, while the connection stays open; resolves `started` once the text is out. */
export const textWithoutEnd =
  (piece: string, started: () => void = () => {}): Answer =>
  (response) => {
    begin(response);
    response.write(delta({ content: piece }), () => started());
  };

/** A stream that is cut off after its text. */
export const truncated =
  (piece: string): Answer =>
  (response) => {
    begin(response);
    response.end(delta({ content: piece }));
  };

/** An answer of any other kind. */
export const raw =
  (status: number, contentType: string, body: string): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': contentType });
    response.end(body);
  };
