/** A package URL taken apart. */
export interface Purl {
  readonly type: string;
  /** Empty where there is none. */
  readonly namespace: string;
  readonly name: string;
  readonly version?: string;
  readonly qualifiers: Readonly<Record<string, string>>;
}

/** Takes a package URL apart; undefined where it is none. @see https://github.com/package-url/purl-spec */
export function parsePurl(text: string): Purl | undefined {
  const match = /^pkg:\/*([A-Za-z][A-Za-z0-9.+-]*)\/([^?#]+)(?:\?([^#]*))?(?:#.*)?$/.exec(text);
  const [, type, path, query = ''] = match ?? [];
  if (type === undefined || path === undefined) return undefined;
  // A version follows the last @, a scope's @ comes before a slash or is written %40.
  const at = path.lastIndexOf('@');
  const versioned = at > path.lastIndexOf('/') && at > 0;
  const segments = (versioned ? path.slice(0, at) : path).split('/').filter((segment) => segment !== '');
  const name = segments.at(-1);
  if (name === undefined) return undefined;
  return {
    type: type.toLowerCase(),
    namespace: segments.slice(0, -1).map(decoded).join('/'),
    name: decoded(name),
    ...(versioned ? { version: decoded(path.slice(at + 1)) } : {}),
    qualifiers: Object.fromEntries(
      query.split('&').flatMap((pair) => {
        const equals = pair.indexOf('=');
        return equals < 1 ? [] : [[pair.slice(0, equals).toLowerCase(), decoded(pair.slice(equals + 1))]];
      }),
    ),
  };
}

/**
 * The package URLs of an image, `pkg:oci/web@sha256%3A…?repository_url=…`: with the whole repository, as the specification
 * has it and Trivy compares it, and with what comes before the name, as Grype does.
 */
export function imagePurls(repository: string, digest?: string): readonly string[] {
  const slash = repository.lastIndexOf('/');
  const name = repository.slice(slash + 1);
  const version = digest === undefined ? '' : `@${encodeURIComponent(digest)}`;
  // Both call Docker Hub by its old name.
  const place = repository.replace(/^docker\.io\//, 'index.docker.io/');
  const parent = place.slice(0, place.lastIndexOf('/'));
  return [place, parent].map((url) => `pkg:oci/${name}${version}?repository_url=${encodeURIComponent(url)}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
