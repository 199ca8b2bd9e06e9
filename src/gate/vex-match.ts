import { parseReference } from '../lock/reference.js';
import type { ImageScope } from './exceptions.js';
import type { Finding } from './finding.js';
import { isCve } from './identity.js';
import { type Purl, parsePurl } from './purl.js';
import type { VexProduct, VexStatement } from './vex.js';

/** One package that carries a finding: a VEX document may excuse one of several. */
export interface FindingPart {
  readonly purl?: Purl;
  readonly name: string;
}

type Carried = Pick<Finding, 'id' | 'aliases' | 'package' | 'packages' | 'purls' | 'version'>;

/** The packages that carry a finding: those of known package URLs, and those that a scanner only named. */
export function partsOf(finding: Carried): readonly FindingPart[] {
  const known = (finding.purls ?? []).flatMap((text): readonly FindingPart[] => {
    const purl = parsePurl(text);
    return purl === undefined ? [] : [{ purl, name: purl.name }];
  });
  const others = finding.packages.filter((name) => !known.some(({ purl }) => purl !== undefined && namesOf(purl).includes(name)));
  // A source package is no part of its own beside those that were built of it.
  const named = known.length > 0 ? others.filter((name) => name !== finding.package) : others;
  return [...known, ...named.map((name) => ({ name }))];
}

/** Whether a statement names this vulnerability. A distribution's advisory that both share does not make two CVEs one. */
export function isAbout({ vulnerability }: VexStatement, { id, aliases }: Carried): boolean {
  const cves = vulnerability.filter(isCve);
  if (isCve(id) && cves.length > 0) return cves.includes(id);
  return [id, ...aliases].some((name) => vulnerability.includes(name));
}

/** Whether a product is, or is in, an image, and covers one of the packages that carry a finding. */
export function covers(product: VexProduct, image: ImageScope, finding: Carried, part: FindingPart): boolean {
  const images = product.purls.filter(isImagePurl);
  if (images.some((purl) => isImage(purl, image)) || product.digests.some((digest) => image.digests.includes(digest))) {
    const { subcomponents } = product;
    return subcomponents.length === 0 || subcomponents.some(({ purls }) => purls.some((purl) => isPart(purl, finding, part)));
  }
  // A package by itself, in whatever image. What is inside of a package is not known here.
  return product.subcomponents.length === 0 && product.purls.some((purl) => !isImagePurl(purl) && isPart(purl, finding, part));
}

function isImagePurl({ type }: Purl): boolean {
  return type === 'oci' || type === 'docker';
}

/** A digest is enough where nobody knows the image's name; where it is known it must be the product's as well. */
function isImage(purl: Purl, { repositories, digests, names = [] }: ImageScope): boolean {
  const written = repositoriesOf(purl);
  const { version } = purl;
  const tag = version === undefined || version.startsWith('sha256:') ? purl.qualifiers.tag : version;
  const byDigest = version?.startsWith('sha256:') === true;
  const digestFits = !byDigest || digests.includes(version);
  const repositoryFits = repositories.some((known) => (written === undefined ? known.endsWith(`/${purl.name}`) : written.includes(known)));
  if (byDigest) return digestFits && (written === undefined || repositories.length === 0 || repositoryFits);
  return repositoryFits && (tag === undefined || names.some((name) => name.endsWith(`:${tag}`)));
}

/** What repository an image's package URL may mean: writers differ in whether `repository_url` ends with the name. */
function repositoriesOf({ type, namespace, name, qualifiers }: Purl): readonly string[] | undefined {
  const place = qualifiers.repository_url?.replace(/^https?:\/\//, '').replace(/\/$/, '');
  const path = namespace === '' ? name : `${namespace}/${name}`;
  if (place === undefined) return type === 'oci' ? undefined : [fullName(path)];
  return [...(place.endsWith(`/${name}`) ? [fullName(place)] : []), fullName(`${place}/${path}`)];
}

function fullName(written: string): string {
  return parseReference(written)?.repository ?? written;
}

/** Whether a package URL without version is any version's. The source package stands for all that was built of it. */
function isPart(purl: Purl, finding: Carried, { purl: part, name }: FindingPart): boolean {
  const names = namesOf(purl);
  const isSource = names.includes(finding.package);
  if (part === undefined) return (isSource || names.includes(name)) && hasVersion(purl, finding.version.split(', '));
  const same = part.type === purl.type && part.namespace === purl.namespace;
  if (!same || !agree(purl, part)) return false;
  const versions = part.version === undefined ? [] : [part.version];
  if (part.name === purl.name) return hasVersion(purl, versions);
  return isSource && hasVersion(purl, [...versions, ...finding.version.split(', ')]);
}

function hasVersion({ version }: Purl, versions: readonly string[]): boolean {
  return version === undefined || versions.includes(version);
}

/** Scanners write a distribution as `3.19.1` or `alpine-3.19.1`. What only one says cannot be compared. */
function agree(a: Purl, b: Purl): boolean {
  return ['arch', 'distro'].every((key) => {
    const [one, other] = [a.qualifiers[key], b.qualifiers[key]];
    return one === undefined || other === undefined || one === other || one.endsWith(`-${other}`) || other.endsWith(`-${one}`);
  });
}

/** How scanners name the package of a package URL. */
function namesOf({ namespace, name }: Purl): readonly string[] {
  return namespace === '' ? [name] : [name, `${namespace}/${name}`, `${namespace}:${name}`];
}
