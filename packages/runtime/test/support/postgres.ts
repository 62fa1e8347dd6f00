import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';

/** The server's programs, or why tests that need them are left out: `cargo xtask test` says where they are. */
const programs = process.env['MOSS_POSTGRES_BIN'];
export const withoutPostgres: string | false =
  process.env['MOSS_POSTGRES_URL'] === undefined && programs === undefined ? 'neither MOSS_POSTGRES_URL nor MOSS_POSTGRES_BIN is set' : false;

export interface PostgresServer {
  url: string;
  stop(): Promise<void>;
}

/** Starts a server, says so, and stops it when its standard input ends: with the test process, however that ends. */
const KEEPER = `
set -e
cd "$folder"
trap '"$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1; rm -rf "$folder"' EXIT
"$bin/initdb" -D "$folder/data" -U moss -A trust -E UTF8 --no-sync >"$folder/log" 2>&1
"$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -o "-c listen_addresses= -c unix_socket_directories=$folder -c fsync=off" -w start >/dev/null
echo ready
read -r _ || true
`;

/** The server that the environment names, or one that is started from the programs it names. */
export async function postgresServer(): Promise<PostgresServer> {
  const given = process.env['MOSS_POSTGRES_URL'];
  if (given !== undefined) return { url: given, stop: async () => {} };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'moss-pg-'));
  const env = { ...process.env, folder, bin: programs };
  // The server refuses to run as root. Another user may not come to where its programs are: it gets a copy.
  let owner: { uid: number; gid: number } | undefined;
  if (process.getuid?.() === 0) {
    owner = nobody();
    env.bin = path.join(folder, 'programs', path.basename(programs!));
    fs.cpSync(path.dirname(programs!), path.join(folder, 'programs'), { recursive: true, verbatimSymlinks: true });
    spawnSync('chown', ['-R', `${owner.uid}:${owner.gid}`, folder]);
  }
  const keeper = spawn('sh', ['-c', KEEPER], { env, stdio: ['pipe', 'pipe', 'inherit'], ...owner });
  const [said] = (await Promise.race([once(keeper.stdout, 'data'), once(keeper, 'exit').then(() => [''])])) as [unknown];
  if (String(said).trim() !== 'ready') throw new Error('the PostgreSQL server does not start');
  const stop = async (): Promise<void> => {
    keeper.stdin.end();
    await once(keeper, 'exit');
  };
  return { url: `host=${folder} user=moss dbname=postgres`, stop };
}

function nobody(): { uid: number; gid: number } {
  const [, , uid, gid] = fs.readFileSync('/etc/passwd', 'utf8').split('\n').find((line) => line.startsWith('nobody:'))!.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
