import { mkdirSync, writeFileSync } from 'node:fs';
import { boards } from '../src/dashboards/boards.js';

// A part of the build: lib/dashboards holds what users import into Grafana, and what synthesis delivers.
const directory = new URL('../lib/dashboards/', import.meta.url);
mkdirSync(directory, { recursive: true });
for (const board of boards()) writeFileSync(new URL(`${board.uid}.json`, directory), `${JSON.stringify(board, null, 1)}\n`);
