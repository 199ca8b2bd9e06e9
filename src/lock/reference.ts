/** An image reference taken apart. `registry/path` is the repository. */
export interface Reference {
  /** Host and port, `docker.io` where none was written. */
  readonly registry: string;
  /** `library/nginx`. */
  readonly path: string;
  /** Registry and path: `docker.io/library/nginx`. */
  readonly repository: string;
  /** `latest` where neither tag nor digest was written; absent on a reference by digest alone. */
  readonly tag?: string;
  readonly digest?: string;
}

const PATTERN =
  /^(?:(?<registry>(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?=[.:]|\/)|localhost|\[[0-9a-fA-F:]+\])(?::\d+)?)\/)?(?<path>[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/**
 * Takes an image reference apart the way Docker and Kubernetes do: `nginx` is `docker.io/library/nginx:latest`.
 * Returns undefined where it is not a reference.
 */
export function parseReference(text: string): Reference | undefined {
  const first = text.split('/', 1)[0] ?? '';
  const hasRegistry = text.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost');
  const match = PATTERN.exec(hasRegistry ? text : `docker.io/${text}`);
  const { registry, path, tag, digest } = match?.groups ?? {};
  if (registry === undefined || path === undefined) return undefined;
  const host = registry === 'index.docker.io' ? 'docker.io' : registry;
  const fullPath = host === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  const name = tag ?? (digest === undefined ? 'latest' : undefined);
  return {
    registry: host,
    path: fullPath,
    repository: `${host}/${fullPath}`,
    ...(name === undefined ? {} : { tag: name }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** A reference as the lock compares it: `repository:tag`, without a digest. Undefined where it is not a reference. */
export function normaliseReference(text: string): string | undefined {
  const reference = parseReference(text);
  return reference && `${reference.repository}:${reference.tag ?? 'latest'}`;
}
