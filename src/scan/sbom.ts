/** What the SBOMs of one repository may take together, gzipped, in bytes: a ConfigMap holds 1 MiB. */
export const SBOM_BYTES = 1_000_000;

/** How many digests of a repository are listed, the newest first: as many as have evidence. */
const DIGESTS_LISTED = 8;

/** What is known of the SBOM of one digest. */
export interface SbomEntry {
  /** RFC 3339. */
  readonly writtenAt: string;
  /** Its size as it is kept, gzipped. */
  readonly bytes?: number;
  /** Why there is none. */
  readonly missing?: string;
}

/** The SBOMs of one repository: key `sboms` of its ConfigMap. Each is in `binaryData`, under `sbomKey` of its digest. */
export interface SbomIndex {
  readonly schemaVersion: 1;
  readonly repository: string;
  readonly format: 'CycloneDX';
  readonly digests: Readonly<Record<string, SbomEntry>>;
}

export interface KeptSboms {
  readonly index: SbomIndex;
  /** Gzipped, in base64, by key. */
  readonly files: Readonly<Record<string, string>>;
}

/** What a scan brings: the SBOM gzipped and in base64, or why there is none. */
export type NewSbom = { readonly file: string; readonly bytes: number } | { readonly missing: string };

/** The key of a digest's SBOM in the ConfigMap: a key may not have a colon. */
export function sbomKey(digest: string): string {
  return digest.replace(':', '-');
}

/**
 * A repository's SBOMs with that of one digest added. Whatever does not fit is listed with the reason; where there is no
 * new one, an earlier one of the same digest stays, as a digest's contents never change.
 * @param at RFC 3339
 */
export function addSbom(kept: KeptSboms, digest: string, at: string, sbom: NewSbom): KeptSboms {
  const key = sbomKey(digest);
  const earlier = kept.index.digests[digest];
  const entry = entryOf(sbom, at);
  const stays = entry.bytes === undefined && earlier?.bytes !== undefined;
  const files = 'file' in sbom && !stays ? { ...kept.files, [key]: sbom.file } : kept.files;
  const entries = Object.entries({ ...kept.index.digests, [digest]: stays ? earlier : entry })
    .sort(([, one], [, other]) => (one.writtenAt > other.writtenAt ? -1 : 1))
    .slice(0, DIGESTS_LISTED);
  const digests = Object.fromEntries(fitted(entries));
  const listed = new Set(Object.entries(digests).flatMap(([name, { bytes }]) => (bytes === undefined ? [] : [sbomKey(name)])));
  return { index: { ...kept.index, digests }, files: Object.fromEntries(Object.entries(files).filter(([name]) => listed.has(name))) };
}

function entryOf(sbom: NewSbom, writtenAt: string): SbomEntry {
  if ('missing' in sbom) return { writtenAt, missing: sbom.missing };
  if (sbom.bytes <= SBOM_BYTES) return { writtenAt, bytes: sbom.bytes };
  return { writtenAt, missing: `too large to be kept: ${sbom.bytes} bytes gzipped, and a ConfigMap has room for ${SBOM_BYTES}` };
}

/** Newest first until the room is used up. */
function fitted(entries: readonly (readonly [string, SbomEntry])[]): readonly (readonly [string, SbomEntry])[] {
  let used = 0;
  return entries.map(([digest, entry]) => {
    used += entry.bytes ?? 0;
    if (entry.bytes === undefined || used <= SBOM_BYTES) return [digest, entry];
    used -= entry.bytes;
    return [digest, { writtenAt: entry.writtenAt, missing: 'left out: newer ones of this repository take the room' }];
  });
}
