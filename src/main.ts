#!/usr/bin/env node
import { createRequire } from 'node:module';
import { buffer } from 'node:stream/consumers';
import { type Io, utf8 } from './cli/io.js';
import { run } from './cli/program.js';

const { version }: { version: string } = createRequire(import.meta.url)('../package.json');

// Whoever reads the output may stop early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const io: Io = {
  out: (line) => process.stdout.write(line),
  err: (line) => process.stderr.write(line),
  stdin: async () => utf8(await buffer(process.stdin)),
  color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  env: process.env,
  cwd: process.cwd(),
  now: Date.now,
};

process.exitCode = await run(process.argv.slice(2), io, version);
