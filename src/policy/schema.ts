import * as v from 'valibot';
import { dig } from '../manifest/dig.js';
import { ALERT_NAMES, ALERT_SEVERITIES, RULES_FORMATS } from './alerts.js';
import { parseSchedule } from './cron.js';
import { momentOf } from './dates.js';
import { DURATION_PATTERN, type Duration, parseDuration } from './duration.js';
import { ENGINE_NAMES } from './engines.js';
import { expiryOf, imageScope } from './exceptions.js';
import { type CountOrPercent, type PresetName, SEVERITIES } from './policy.js';
import { isPublicKey } from './public-key.js';
import { CHECK_NAMES } from './synthesis-checks.js';
import { parseCondition } from './verify.js';
import type { Condition } from './verify-input.js';
import { isTimeZone } from './zone.js';

/*
 * The message of each schema is the name of an expectation: `expectations.ts` has the words. What a schema cannot say
 * about one field alone is a check of its own, in `checks/`.
 */

let built: ReturnType<typeof build> | undefined;

/** What a policy may look like, field by field. Built when a policy is first read, as the import of the library is to be quick. */
export function policySchema(): ReturnType<typeof build> {
  built ??= build();
  return built;
}

function build() {
  function object<const E extends v.ObjectEntries>(entries: E) {
    return v.objectWithRest(entries, v.never(`unknown ${Object.keys(entries).join(' ')}`), 'object');
  }

  const optional = v.exactOptional;
  const list = <const S extends v.GenericSchema>(item: S) => v.array(item, 'list');
  const text = v.pipe(v.string('text'), v.nonEmpty('text'));
  const yesOrNo = v.boolean('boolean');
  const count = v.pipe(v.number('count'), v.integer('count'), v.minValue(0, 'count'), v.maxValue(1_000_000, 'count'));
  const positive = v.pipe(v.number('positive'), v.integer('positive'), v.minValue(1, 'positive'), v.maxValue(1_000_000, 'positive'));

  const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
  const name = v.pipe(v.string('name'), v.regex(DNS_LABEL, 'name'), v.maxLength(30, 'name'));
  const namespace = v.pipe(v.string('namespace'), v.regex(DNS_LABEL, 'namespace'), v.maxLength(63, 'namespace'));
  const objectName = v.pipe(
    v.string('objectName'),
    v.regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, 'objectName'),
    v.maxLength(253, 'objectName'),
  );

  const duration = v.pipe(
    v.string('duration'),
    v.regex(DURATION_PATTERN, 'duration'),
    v.guard((value: string): value is Duration => parseDuration(value) !== undefined, 'duration'),
  );
  const schedule = v.pipe(
    v.string('schedule'),
    v.check((value) => !('message' in parseSchedule(value.trim().replace(/^H(?=\s)/, '0'))), 'schedule'),
  );
  const timeZone = v.pipe(v.string('timeZone'), v.check(isTimeZone, 'timeZone'));
  const countOrPercent = v.union(
    [
      count,
      v.pipe(
        v.string('percent'),
        v.regex(/^(100|\d{1,2})%$/, 'percent'),
        v.guard((value: string): value is Extract<CountOrPercent, string> => value.endsWith('%'), 'percent'),
      ),
    ],
    'countOrPercent',
  );

  const url = v.pipe(v.string('url'), v.regex(/^https?:\/\/[^\s/]\S*$/, 'url'));
  const quantity = v.pipe(v.string('quantity'), v.regex(/^\d+(\.\d+)?([numkMGTPE]|[KMGTPE]i|[eE]\d+)?$/, 'quantity'));
  const quantities = object({ cpu: optional(quantity), memory: optional(quantity), 'ephemeral-storage': optional(quantity) });

  const scan = object({
    schedule,
    scanners: v.pipe(
      list(
        object({
          kind: v.picklist(['trivy', 'grype', 'clair'], 'oneOf'),
          database: optional(text),
          server: optional(url),
          args: optional(list(text)),
          resources: optional(object({ requests: quantities, limits: quantities })),
        }),
      ),
      v.minLength(1, 'scanners'),
    ),
    parallelism: optional(positive),
    timeout: optional(duration),
    keep: optional(positive),
    cache: optional(objectName),
    sbom: optional(yesOrNo),
    registrySecret: optional(objectName),
    registryCa: optional(objectName),
  });

  const exposure = v.picklist(['internet', 'internal'], 'oneOf');

  const gate = object({
    preset: optional(
      v.picklist(
        [
          'bod26-04',
          'fedramp-vdr-a',
          'fedramp-vdr-b',
          'fedramp-vdr-c',
          'fedramp-vdr-d',
          'fedramp-rev5',
          'pci-4.0.1',
          'cyber-essentials',
        ] satisfies readonly PresetName[],
        'oneOf',
      ),
    ),
    deadlines: optional(
      object({
        critical: optional(duration),
        high: optional(duration),
        medium: optional(duration),
        low: optional(duration),
      }),
    ),
    anchor: optional(v.picklist(['fixReleased', 'detected', 'published', 'kevAdded'], 'oneOf')),
    onlyFixable: optional(yesOrNo),
    exploited: optional(object({ deadline: optional(duration), skipSoak: optional(yesOrNo), bypassWindows: optional(yesOrNo) })),
    epss: optional(
      object({ above: v.pipe(v.number('probability'), v.minValue(0, 'probability'), v.maxValue(1, 'probability')), deadline: duration }),
    ),
    exposure: optional(exposure),
    dueAt: optional(v.picklist(['instant', 'endOfDay'], 'oneOf')),
    endOfLife: optional(v.picklist(['warn', 'block', 'ignore'], 'oneOf')),
    unknownSeverity: optional(v.picklist([...SEVERITIES, 'ignore'], 'oneOf')),
    maxEvidenceAge: optional(duration),
    onMissingEvidence: optional(v.picklist(['block', 'warn'], 'oneOf')),
    allowImprovement: optional(yesOrNo),
  });

  const words = v.pipe(v.string('words'), v.regex(/\S/, 'words'));

  const status = v.pipe(v.number('status'), v.integer('status'), v.minValue(100, 'status'), v.maxValue(599, 'status'));
  const condition = v.pipe(
    v.string('condition'),
    v.guard((value: string): value is Condition => parseCondition(value) !== undefined, 'condition'),
  );

  const exception = object({
    vulnerability: v.pipe(v.string('vulnerability'), v.regex(/^\S+$/, 'vulnerability')),
    package: optional(v.pipe(v.string('package'), v.regex(/^\S+$/, 'package'))),
    image: optional(
      v.pipe(
        v.string('image'),
        v.check((value) => imageScope(value) !== undefined, 'image'),
      ),
    ),
    stage: optional(text),
    reason: words,
    approvedBy: words,
    expires: v.pipe(
      v.string('expires'),
      v.check((value) => expiryOf(value, 'UTC') !== undefined, 'expires'),
    ),
  });

  const byHttp = object({ http: object({ url, status: optional(status), body: optional(text) }) });
  const byPrometheus = object({ prometheus: object({ server: url, query: words, holds: condition, for: duration }) });
  const byJob = object({
    job: v.looseObject({ containers: v.pipe(list(v.looseObject({}, 'object')), v.minLength(1, 'containers')) }, 'object'),
  });
  // Of a union alone, what is wrong inside the one that was meant would not be told.
  const verification = v.lazy((input) => {
    const meant = [byHttp, byPrometheus, byJob].find(({ entries }) => Object.keys(entries).some((key) => dig(input, key) !== undefined));
    return meant ?? v.union([byHttp, byPrometheus, byJob], 'verification');
  });

  const rollout = object({
    strategy: optional(v.picklist(['rolling', 'canary', 'blueGreen'], 'oneOf')),
    maxUnavailable: optional(countOrPercent),
    maxSurge: optional(countOrPercent),
    minReady: optional(duration),
    progressDeadline: optional(duration),
    revisionHistory: optional(count),
    disruptionBudget: optional(
      v.union([object({ maxUnavailable: countOrPercent }), object({ minAvailable: countOrPercent }), v.literal('none')], 'budget'),
    ),
    drain: optional(duration),
    spread: optional(v.picklist(['nodes', 'zones', 'none'], 'oneOf')),
    autoRollback: optional(v.union([yesOrNo, v.literal('watch')], 'autoRollback')),
    onConflict: optional(v.picklist(['stricter', 'fail'], 'oneOf')),
  });

  const kind = v.picklist(['allow', 'deny'], 'oneOf');
  const day = v.pipe(
    v.string('day'),
    v.check((value) => momentOf(value, 'UTC', 'start') !== undefined, 'day'),
  );
  const recurring = object({ kind, schedule, duration, timeZone: optional(timeZone), cutoff: optional(duration) });
  const dated = object({ kind, from: day, to: day, timeZone: optional(timeZone), cutoff: optional(duration) });
  const windows = list(
    v.lazy((input) => {
      const has = (...keys: readonly string[]) => keys.some((key) => dig(input, key) !== undefined);
      if (has('from', 'to')) return dated;
      return has('schedule', 'duration') ? recurring : v.union([recurring, dated], 'window');
    }),
  );

  const stageNames = list(v.string('text'));
  const anyOf = object({ oneOf: v.pipe(stageNames, v.minLength(1, 'anyOf')) });
  // Of a union alone, what is wrong inside the one that was meant would not be told.
  const after = v.lazy((input) => {
    if (Array.isArray(input)) return stageNames;
    return dig(input, 'oneOf') === undefined ? v.union([stageNames, anyOf], 'after') : anyOf;
  });
  const stage = object({
    name,
    namespace,
    cluster: optional(v.pipe(v.string('context'), v.regex(/^[^\s-]\S*$/, 'context'))),
    after: optional(after),
    soak: optional(duration),
    soakOnNewer: optional(v.picklist(['hold', 'restart'], 'oneOf')),
    approval: optional(v.picklist(['none', 'manual'], 'oneOf')),
    windows: optional(windows),
    verify: optional(list(verification)),
    replicas: optional(positive),
    exposure: optional(exposure),
  });

  const promotion = object({
    engine: optional(v.picklist(ENGINE_NAMES, 'engine')),
    schedule: optional(schedule),
    guard: optional(yesOrNo),
    signatures: optional(
      object({
        publicKey: v.pipe(v.string('publicKey'), v.check(isPublicKey, 'publicKey')),
        repositories: optional(list(v.pipe(v.string('signed'), v.regex(/^[^\s:*@]+(:\d+)?(\/[^\s:*@]*)*\*?$/, 'signed')))),
        admission: optional(v.picklist(['kyverno', 'none'], 'oneOf')),
      }),
    ),
  });

  const labels = v.record(v.pipe(v.string('label'), v.regex(/^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/, 'label')), v.string('text'), 'object');
  const alertOverride = object({
    severity: optional(text),
    for: optional(duration),
    labels: optional(labels),
    summary: optional(text),
    description: optional(text),
    runbookUrl: optional(url),
  });
  const monitoring = object({
    prometheus: optional(v.picklist(RULES_FORMATS, 'oneOf')),
    exporter: optional(yesOrNo),
    dashboards: optional(v.union([yesOrNo, v.picklist(['sidecar', 'operator', 'files'])], 'dashboards')),
    runbookUrl: optional(url),
    labels: optional(labels),
    severities: optional(object(fields(ALERT_SEVERITIES, optional(text)))),
    disable: optional(list(v.picklist(ALERT_NAMES, 'alert'))),
    override: optional(v.record(v.picklist(ALERT_NAMES, 'alert'), alertOverride, 'object')),
  });

  const checkSeverity = optional(v.picklist(['error', 'warn', 'off'], 'oneOf'));
  const checks = object(fields(CHECK_NAMES, checkSeverity));

  return object({
    name,
    timeZone: optional(timeZone),
    scan,
    gate,
    exceptions: optional(list(exception)),
    rollout: optional(rollout),
    windows: optional(windows),
    stages: v.pipe(list(stage), v.minLength(1, 'stages')),
    promotion: optional(promotion),
    monitoring: optional(monitoring),
    history: optional(object({ keep: optional(positive) })),
    checks: optional(checks),
  });
}

/** Fields of one schema. */
function fields<const N extends string, S>(names: readonly N[], schema: S): Readonly<Record<N, S>> {
  return Object.fromEntries(names.map((name) => [name, schema])) as Record<N, S>;
}
