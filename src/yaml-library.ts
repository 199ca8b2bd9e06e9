/** The YAML library, loaded when a file is first read: it takes longer than the rest of the core together. */
export function yamlLibrary(): typeof import('yaml') {
  return process.getBuiltinModule('node:module').createRequire(import.meta.url)('#yaml');
}
