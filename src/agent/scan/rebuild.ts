import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { EvidenceVerdict } from '../../gate/evidence-verdict.js';
import { keyOf } from '../../gate/identity.js';
import { toInstant } from '../../gate/instant.js';
import { shortHash } from '../../manifest/names.js';
import { ownersOf, webhooksOf } from '../../manifest/remedy.js';
import type { ScanTarget } from '../../manifest/stage-config.js';
import type { ScanPolicy } from '../../policy/policy.js';
import { isPatchwayError, PatchwayError } from '../../problem.js';
import { FILES } from '../../scan/files.js';
import type { AgentContext } from '../context.js';
import { request } from '../http.js';
import { recordOf } from '../registry/credentials.js';
import { changeConfigMap, type Place } from './config-map.js';
import { authorityInPod } from './registry.js';

/** What asking for a build touches beside the cluster. Tests pass another one. */
export interface RebuildEffects {
  /** A key of a mounted Secret; undefined where it is not there. */
  secret(name: string, key: string): Promise<string | undefined>;
  authority(scan: ScanPolicy): Promise<string | undefined>;
  send: typeof request;
}

/** What of a scan is told. */
export interface Judged {
  readonly target: ScanTarget;
  readonly digest: string;
  readonly verdict: EvidenceVerdict;
}

/** Evidence is stored by now; whoever is asked must not hold up the end of the scan. */
const PATIENCE = 15_000;

/** What GitHub takes as the payload of an event is 64 kB at most. */
const MOST_FINDINGS = 20;

/** How many requests a repository remembers: of as many digests as it has evidence of, for two Secrets each. */
const REMEMBERED = 16;

/**
 * Asks for a new build of an image whose verdict is red, where its workloads want that: once for each digest and reason.
 * It never rejects: who could not be asked is told, and asked again by the next scan.
 */
export async function askForRebuild(context: AgentContext, place: Place, judged: Judged, effects: RebuildEffects = inPod): Promise<void> {
  const { config, log } = context;
  const stage = config.policy.stages.find(({ name }) => name === config.stage);
  const owners = ownersOf(config.workloads, judged.target.reference);
  const secrets = stage === undefined ? [] : webhooksOf(stage, owners);
  if (judged.verdict.verdict !== 'fail' || secrets.length === 0) return;
  const cause = causeOf(judged.verdict);
  for (const secret of secrets) {
    const key = `${judged.digest} ${secret}`;
    try {
      if ((await rememberedIn(context, place))[key]?.cause === cause) continue;
      const workloads = owners.filter(({ rebuildWebhook }) => rebuildWebhook === secret).map(({ name }) => name);
      const base = owners.find((owner) => owner.rebuildWebhook === secret)?.base;
      await ask(config.policy.scan, secret, bodyOf(config, judged, workloads, base), effects);
      await remember(context, place, key, { cause, askedAt: toInstant(context.now()) });
      log(`asked for a new build of ${judged.target.reference}, as Secret ${secret} says`);
    } catch (error) {
      log(`no new build of ${judged.target.reference} was asked for: ${isPatchwayError(error) ? error.message : String(error)}`);
    }
  }
}

const inPod: RebuildEffects = {
  secret: (name, key) => readFile(`${FILES.webhooks}/${name}/${key}`, 'utf8').catch(() => undefined),
  authority: authorityInPod,
  send: request,
};

/** What closes the gate, and since when a newer base is there that a build could use. */
function causeOf({ overdue, ended, scan }: EvidenceVerdict): string {
  return shortHash(JSON.stringify([overdue.map(keyOf).sort(), ended, scan?.base?.behindSince]), 16);
}

/** As GitHub wants an event of a repository; ten properties are the most that it takes as payload. */
function bodyOf(
  { policy, stage }: AgentContext['config'],
  { target, digest, verdict }: Judged,
  workloads: readonly string[],
  base: string | undefined,
): string {
  const findings = verdict.overdue
    .slice(0, MOST_FINDINGS)
    .map(({ id, package: name, version, severity, fixedIn, failsAt }) => ({ id, package: name, version, severity, fixedIn, failsAt }));
  const about = { policy: policy.name, stage, workloads, image: target.reference, digest, base: base ?? verdict.scan?.base?.name };
  return JSON.stringify({
    event_type: 'patchway-rebuild',
    client_payload: { ...about, verdict: verdict.verdict, reason: verdict.reason, overdue: verdict.overdue.length, findings },
  });
}

/** @throws with neither the address nor what was answered: both may hold a token */
async function ask(scan: ScanPolicy, secret: string, body: string, effects: RebuildEffects): Promise<void> {
  const url = (await effects.secret(secret, 'url'))?.trim();
  if (url === undefined || url === '') {
    const create = `kubectl create secret generic ${secret} --from-literal=url=https://…`;
    throw new PatchwayError(`there is no Secret ${secret} with the key url in this namespace. Create it with \`${create}\`.`);
  }
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw new PatchwayError(`the key url of Secret ${secret} is not a web address. Write it as https://….`);
  }
  const authorization = (await effects.secret(secret, 'authorization'))?.trim();
  const authority = await effects.authority(scan);
  const { status } = await effects.send({
    method: 'POST',
    url,
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      ...(authorization === undefined || authorization === '' ? {} : { authorization }),
    },
    body,
    timeoutMs: PATIENCE,
    retries: 2,
    // One build too many does no harm.
    idempotent: true,
    ...(authority === undefined ? {} : { ca: [...rootCertificates, authority] }),
  });
  if (status >= 300) throw new PatchwayError(`${new URL(url).host} answered ${status} to what Secret ${secret} says.${hintFor(status)}`);
}

function hintFor(status: number): string {
  if (status === 401 || status === 403) return ' Renew its key authorization, or give that account leave to start builds.';
  return status === 404 ? ' Correct its url; forges answer so to a token that may not see the repository, too.' : '';
}

type Remembered = Readonly<Record<string, { readonly cause: string; readonly askedAt: string } | undefined>>;

async function rememberedIn({ cluster }: AgentContext, { namespace, name }: Place): Promise<Remembered> {
  return parsed(await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/${name}`));
}

async function remember(context: AgentContext, place: Place, key: string, asked: NonNullable<Remembered[string]>): Promise<void> {
  await changeConfigMap(context, place, 'what was asked for', (stored) => {
    const newest = Object.entries({ ...parsed(stored), [key]: asked })
      .sort(([, a], [, b]) => ((a?.askedAt ?? '') > (b?.askedAt ?? '') ? -1 : 1))
      .slice(0, REMEMBERED);
    const data = { ...recordOf(stored.data), rebuilds: JSON.stringify(Object.fromEntries(newest)) };
    return { result: undefined, fields: { data, binaryData: stored.binaryData } };
  });
}

/** What cannot be read was not asked. */
function parsed(configMap: Readonly<Record<string, unknown>> | undefined): Remembered {
  const { rebuilds } = recordOf(configMap?.data);
  try {
    return typeof rebuilds === 'string' ? (recordOf(JSON.parse(rebuilds)) as Remembered) : {};
  } catch {
    return {};
  }
}
