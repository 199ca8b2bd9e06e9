import { createRequire } from 'node:module';

/** The YAML library, loaded when a lock is first read: programs that only import the core never pay for it. */
export function yamlLibrary(): typeof import('yaml') {
  return createRequire(import.meta.url)('#yaml');
}
