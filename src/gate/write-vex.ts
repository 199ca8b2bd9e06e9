import { canonicalJson, shortHash } from '../manifest/names.js';
import type { PolicyDocument, PolicyException } from '../policy/policy.js';
import { concerns, exceptionsOn, type ImageScope } from './exceptions.js';
import type { Finding } from './finding.js';
import { sorted } from './identity.js';
import { toInstant, toMs } from './instant.js';
import { imagePurls } from './purl.js';
import { VEX_CONTEXT } from './vex.js';

/** An image that a VEX document is written for, and what scanners found in it. */
export interface VexImage {
  readonly scope: ImageScope;
  /** Joined. From them come the package URLs of the packages that exceptions name. */
  readonly findings: readonly Finding[];
}

export interface VexOptions {
  /** When the document is written, in epoch milliseconds: exceptions that have ended are left out. */
  readonly at: number;
  readonly author: string;
}

/** A document, and the exceptions that are not in it, with the reason for a person. */
export interface WrittenVex {
  readonly document: Readonly<Record<string, unknown>>;
  readonly left: readonly { readonly exception: PolicyException; readonly reason: string }[];
}

/**
 * A policy's exceptions as an OpenVEX document, the same for the same input. OpenVEX has no accepted risk: each becomes
 * `not_affected` with the exception's reason, and a note of who accepted it until when, which `readVex` understands.
 */
export function vexDocument(
  { name, exceptions = [] }: Pick<PolicyDocument, 'name' | 'exceptions'>,
  images: readonly VexImage[],
  { at, author }: VexOptions,
): WrittenVex {
  const written = exceptions.map((exception) => ({ exception, ...statementOf(exception, images, at) }));
  const content = {
    '@context': VEX_CONTEXT,
    author,
    timestamp: toInstant(at),
    version: 1,
    tooling: 'patchway',
    statements: written.flatMap(({ statement }) => statement ?? []),
  };
  const { '@context': context, ...rest } = content;
  const id = `urn:patchway:vex:${name}:${shortHash(canonicalJson(content), 32)}`;
  return {
    document: { '@context': context, '@id': id, ...rest },
    left: written.flatMap(({ exception, reason }) => (reason === undefined ? [] : [{ exception, reason }])),
  };
}

interface Statement {
  readonly statement?: Readonly<Record<string, unknown>>;
  /** Why there is none. */
  readonly reason?: string;
}

function statementOf(exception: PolicyException, images: readonly VexImage[], at: number): Statement {
  const { vulnerability, reason, approvedBy, expires } = exception;
  if (at >= toMs(expires)) return { reason: `it ended ${expires}` };
  const about = images
    .filter(({ scope }) => concerns(exception, scope))
    .map((image) => ({ ...image, findings: matching(exception, image) }));
  const products = about.length === 0 ? namedProduct(exception) : about.flatMap((image) => productsOf(exception, image));
  if (products.length === 0) return { reason: missing(exception, about.length > 0) };
  const aliases = sorted(about.flatMap(({ findings }) => findings.map(({ id }) => id))).filter((id) => id !== vulnerability);
  return {
    statement: {
      vulnerability: { name: vulnerability, ...(aliases.length === 0 ? {} : { aliases }) },
      products,
      status: 'not_affected',
      status_notes: `Accepted by ${onOneLine(approvedBy)} until ${expires}.`,
      impact_statement: onOneLine(reason),
    },
  };
}

function matching(exception: PolicyException, { scope, findings }: VexImage): readonly Finding[] {
  const of = exceptionsOn([exception], scope);
  return findings.filter((finding) => of !== undefined && of(finding).size > 0);
}

/** Without a package the image alone says it all; with one, readers want its package URL. */
function productsOf({ package: name }: PolicyException, { scope, findings }: VexImage): readonly object[] {
  const ids = productIds(scope);
  if (name === undefined) return ids.map((id) => ({ '@id': id, identifiers: { purl: id } }));
  const purls = sorted(findings.flatMap((finding) => (finding.purls ?? []).map(unversioned)));
  if (purls.length === 0) return [];
  const subcomponents = purls.map((purl) => ({ '@id': purl, identifiers: { purl } }));
  return ids.map((id) => ({ '@id': id, identifiers: { purl: id }, subcomponents }));
}

function productIds({ repositories, digests }: ImageScope): readonly string[] {
  return repositories.flatMap((repository) =>
    digests.length === 0 ? imagePurls(repository) : digests.flatMap((digest) => imagePurls(repository, digest)),
  );
}

function namedProduct({ image, package: name }: PolicyException): readonly object[] {
  if (image === undefined || name !== undefined) return [];
  const [repository = '', digest] = image.split('@');
  return imagePurls(repository, digest).map((id) => ({ '@id': id, identifiers: { purl: id } }));
}

function missing({ package: name }: PolicyException, known: boolean): string {
  if (name === undefined) return 'it is for every image: name them with --image or --report';
  return known ? `no report has the vulnerability in ${name}` : `the package URL of ${name} is not known: name a report with --report`;
}

/** An exception is for every version, and scanners differ in what they add. */
function unversioned(purl: string): string {
  return purl.replace(/[?#].*$/, '').replace(/(.)@[^@/]*$/, '$1');
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
