import { dig } from '../manifest/dig.js';
import type { Edit } from '../manifest/edit.js';
import type { Manifest } from '../manifest/manifest.js';
import { podPathOf } from './fields.js';
import type { Surroundings } from './surroundings.js';

/** An account of the workload's own, without a token; one that it names itself stays as it is. */
export function accountEdits(workload: Manifest): readonly Edit[] {
  const pod = podPathOf(workload);
  if (namesAccount(workload)) return [];
  const token = dig(workload, ...pod, 'automountServiceAccountToken');
  return [
    { path: [...pod, 'serviceAccountName'], value: workload.metadata.name },
    ...(token === undefined ? [{ path: [...pod, 'automountServiceAccountToken'], value: false }] : []),
  ];
}

/** The account, unless it is given or the workload names another one. */
export function accountOf(workload: Manifest, { accounts }: Surroundings): readonly Manifest[] {
  const { name, namespace, labels } = workload.metadata;
  if (namesAccount(workload) || accounts.some(({ metadata }) => metadata.name === name)) return [];
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) };
  return [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false }];
}

function namesAccount(workload: Manifest): boolean {
  return ['serviceAccountName', 'serviceAccount'].some((field) => dig(workload, ...podPathOf(workload), field) !== undefined);
}
