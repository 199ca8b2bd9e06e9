import type { Report } from './finding.js';
import { sorted } from './identity.js';

/** The reports on one image. */
export interface ImageReports {
  /** The image as a report names it, a registry's name before a path; undefined: no report names it. */
  readonly image?: string;
  /** Every digest that it is known by, sorted. */
  readonly digests: readonly string[];
  readonly reports: readonly Report[];
}

/**
 * Sorts reports by image: those that share a digest or a name are about one image. `sameImage` lists digests that are
 * one image although reports cannot know it, an index's and its platforms' for one. Images come in the order of their
 * first report.
 */
export function reportsByImage(reports: readonly Report[], sameImage: readonly (readonly string[])[] = []): readonly ImageReports[] {
  let groups: readonly Group[] = [];
  for (const report of reports) {
    const others = sameImage.filter((digests) => digests.some((digest) => report.digests.includes(digest))).flat();
    const names = new Set([...report.digests, ...others, ...(report.image === undefined ? [] : [report.image])]);
    const [same, different] = [
      groups.filter((group) => overlap(group.names, names)),
      groups.filter((group) => !overlap(group.names, names)),
    ];
    const joined = {
      names: new Set([...same.flatMap((group) => [...group.names]), ...names]),
      reports: [...same.flatMap((group) => group.reports), report],
    };
    const position = same[0] === undefined ? groups.length : groups.indexOf(same[0]);
    groups = [...different.slice(0, position), joined, ...different.slice(position)];
  }
  return groups.map((group) => imageReports(group.reports));
}

/** Reports that are about one image because somebody says so. */
export function imageReports(reports: readonly Report[], image?: string): ImageReports {
  const named = [...reports].sort((a, b) => b.repositories.length - a.repositories.length);
  const name = image ?? named.find((report) => report.image !== undefined)?.image;
  return { ...(name === undefined ? {} : { image: name }), digests: sorted(reports.flatMap((report) => report.digests)), reports };
}

interface Group {
  readonly names: ReadonlySet<string>;
  readonly reports: readonly Report[];
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...b].some((name) => a.has(name));
}
