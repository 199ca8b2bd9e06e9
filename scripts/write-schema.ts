import { writeFileSync } from 'node:fs';
import { policyJsonSchema } from './policy-schema.js';

writeFileSync(new URL('../policy.schema.json', import.meta.url), policyJsonSchema());
