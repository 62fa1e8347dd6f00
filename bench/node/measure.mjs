// The measuring loop of the Node programs: CPU time of the process for a number of runs. Prints one JSON line.
//
// Environment: MOCK_URL, a chat-completions server that follows the model's name; MODEL; RUNS, WARMUP; CONC, how many runs go
// at once.

/**
 * What a host does with a token, the same in both programs: an asynchronous handler that puts the text together.
 *
 * @returns {{ seen: { tokens: number, text: string }, handler: (event: string, data: object) => Promise<void> }}
 */
export function host() {
  const seen = { tokens: 0, text: '' };
  return {
    seen,
    handler: async (_event, data) => {
      seen.tokens++;
      seen.text += data.delta.content[0].text;
    },
  };
}

/** @param {(model: string) => Promise<{ tokens: number, text: string }>} run */
export async function measure(run) {
  const model = setting('MODEL');
  const [runs, warmup, conc] = ['RUNS', 'WARMUP', 'CONC'].map((name) => Number(setting(name)));
  const tokens = Number(/text-(\d+)/.exec(model)[1]);
  const one = async () => {
    const seen = await run(model);
    if (seen.tokens !== tokens) throw new Error(`the handler saw ${seen.tokens} tokens instead of ${tokens}`);
    if (!seen.text.startsWith(' the agent')) throw new Error(`the answer is not the server's: ${seen.text.slice(0, 80)}`);
  };
  for (let i = 0; i < warmup; i++) await one();
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < runs; i++) await (conc === 1 ? one() : Promise.all(Array.from({ length: conc }, one)));
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    JSON.stringify({
      runs: runs * conc,
      cpu_ms_per_run: (user + system) / 1000 / (runs * conc),
      wall_ms_per_round: wall / runs,
      peak_mb: process.resourceUsage().maxRSS / 1024,
    }),
  );
}

export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
