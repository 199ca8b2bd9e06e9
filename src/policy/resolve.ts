import { canonicalJson, shortHash } from '../manifest/names.js';
import { ALERT_NAMES } from './alerts.js';
import { momentOf } from './dates.js';
import { parseDuration } from './duration.js';
import { expiryOf, imageScope } from './exceptions.js';
import type {
  DeadlinesInput,
  ExceptionInput,
  ExploitedInput,
  GateInput,
  MonitoringInput,
  PolicyInput,
  PromotionInput,
  RolloutInput,
  ScanInput,
  ScannerInput,
  SignaturesInput,
  StageInput,
  WindowInput,
} from './input.js';
import type { Partly } from './partly.js';
import type {
  AlertOverride,
  GatePolicy,
  Milliseconds,
  MonitoringPolicy,
  PolicyDocument,
  PolicyException,
  PromotionPolicy,
  RolloutPolicy,
  Scanner,
  ScanPolicy,
  SignaturePolicy,
  Stage,
  Window,
} from './policy.js';
import { SEVERITIES } from './policy.js';
import { presetOf } from './presets.js';
import { resolveMinute } from './schedule.js';
import { gateOf } from './stage-gate.js';
import { resolveVerification } from './verify.js';

const RUNBOOKS = 'https://github.com/patchway/patchway/blob/main/docs/runbooks';

/** What holds for the whole policy and is needed to resolve its parts. */
interface Setting {
  readonly timeZone: string;
  readonly progressDeadline: Milliseconds;
  /** Replaces `H` as the minute of a schedule. */
  minute(schedule: string): string;
}

/** Fills in every default. Required fields that are missing become empty, so that the rest can still be checked. */
export function resolvePolicy(input: Partly<PolicyInput>): PolicyDocument {
  const name = input.name ?? '';
  const hash = Number.parseInt(shortHash(name), 16);
  const timeZone = input.timeZone ?? 'UTC';
  const rollout = resolveRollout(input.rollout ?? {});
  const setting: Setting = { timeZone, progressDeadline: rollout.progressDeadline, minute: (text) => resolveMinute(text, hash) };
  const scan = resolveScan(input.scan ?? {}, setting);
  const gate = resolveGate(input.gate ?? {}, timeZone);
  const windows = resolveWindows(input.windows ?? [], setting);
  const stages = (input.stages ?? []).map((stage) => resolveStage(stage ?? {}, windows, gate, setting));
  return {
    name,
    timeZone,
    scan,
    gate,
    ...(input.exceptions === undefined
      ? {}
      : { exceptions: input.exceptions.map((exception) => resolveException(exception ?? {}, timeZone)) }),
    rollout,
    windows,
    stages,
    promotion: resolvePromotion(input.promotion ?? {}, setting),
    monitoring: resolveMonitoring(input.monitoring ?? {}),
    history: { keep: input.history?.keep ?? 200 },
    ...(input.checks === undefined ? {} : { checks: present(input.checks) }),
    hash: hashOf(gate, stages, scan),
  };
}

/** Exposures are a part only where one is known: each stage's verdicts depend on those of all that come after it. */
function hashOf(gate: GatePolicy, stages: readonly Stage[], scan: ScanPolicy): string {
  const exposures = stages.map(({ name }) => [name, gateOf({ gate, stages }, name).exposure ?? null] as const);
  const known = exposures.some(([, exposure]) => exposure !== null) ? { exposures } : {};
  return shortHash(canonicalJson({ gate, ...known, scanners: scan.scanners.map((s) => s.kind).sort() }), 16);
}

function resolveScan(input: Partly<ScanInput>, { minute }: Setting): ScanPolicy {
  return {
    schedule: minute(input.schedule ?? ''),
    scanners: (input.scanners ?? []).flatMap((scanner) => resolveScanner(scanner ?? {})),
    parallelism: input.parallelism ?? 4,
    timeout: milliseconds(input.timeout, '15m'),
    keep: input.keep ?? 3,
    ...(input.cache === undefined ? {} : { cache: input.cache }),
    ...(input.sbom === true ? { sbom: true } : {}),
    ...(input.registrySecret === undefined ? {} : { registrySecret: input.registrySecret }),
    ...(input.registryCa === undefined ? {} : { registryCa: input.registryCa }),
  };
}

function resolveScanner({ kind, database, server, args, resources }: Partly<ScannerInput>): readonly Scanner[] {
  if (kind === undefined) return [];
  return [
    {
      kind,
      ...(database === undefined ? {} : { database }),
      ...(server === undefined ? {} : { server: server.replace(/\/+$/, '') }),
      args: (args ?? []).filter(isPresent),
      ...(resources === undefined
        ? {}
        : { resources: { requests: present(resources.requests ?? {}), limits: present(resources.limits ?? {}) } }),
    },
  ];
}

function resolveGate(input: Partly<GateInput>, timeZone: string): GatePolicy {
  const preset = input.preset === undefined ? undefined : presetOf(input.preset);
  const { above, deadline } = input.epss ?? {};
  return {
    ...(preset === undefined ? {} : { preset: { name: preset.name, rows: preset.rows } }),
    deadlines: resolveDeadlines(input.deadlines ?? {}),
    anchor: input.anchor ?? preset?.anchor ?? 'fixReleased',
    onlyFixable: input.onlyFixable ?? true,
    ...(input.exploited === undefined ? {} : { exploited: resolveExploited(input.exploited) }),
    ...(above === undefined || deadline === undefined ? {} : { epss: { above, deadline: milliseconds(deadline, '0s') } }),
    ...(input.exposure === undefined ? {} : { exposure: input.exposure }),
    ...(input.dueAt === 'endOfDay' ? { endOfDayIn: timeZone } : {}),
    endOfLife: input.endOfLife ?? 'warn',
    unknownSeverity: input.unknownSeverity ?? 'high',
    maxEvidenceAge: milliseconds(input.maxEvidenceAge, '36h'),
    onMissingEvidence: input.onMissingEvidence ?? 'block',
    allowImprovement: input.allowImprovement ?? true,
  };
}

function resolveExploited(input: Partly<ExploitedInput>): NonNullable<GatePolicy['exploited']> {
  const deadline = optionalMilliseconds(input.deadline);
  return {
    ...(deadline === undefined ? {} : { deadline }),
    skipSoak: input.skipSoak ?? false,
    bypassWindows: input.bypassWindows ?? false,
  };
}

function resolveDeadlines(input: Partly<DeadlinesInput>): GatePolicy['deadlines'] {
  return present(Object.fromEntries(SEVERITIES.map((severity) => [severity, optionalMilliseconds(input[severity])])));
}

function resolveException(input: Partly<ExceptionInput>, timeZone: string): PolicyException {
  const image = input.image === undefined ? undefined : imageScope(input.image);
  const expires = input.expires === undefined ? undefined : expiryOf(input.expires, timeZone);
  return {
    vulnerability: input.vulnerability ?? '',
    ...(input.package === undefined ? {} : { package: input.package }),
    ...(image === undefined ? {} : { image }),
    ...(input.stage === undefined ? {} : { stage: input.stage }),
    reason: input.reason ?? '',
    approvedBy: input.approvedBy ?? '',
    expires: instant(expires ?? 0),
  };
}

function resolveRollout(input: Partly<RolloutInput>): RolloutPolicy {
  return {
    strategy: input.strategy ?? 'rolling',
    maxUnavailable: input.maxUnavailable ?? 0,
    maxSurge: input.maxSurge ?? '25%',
    minReady: milliseconds(input.minReady, '10s'),
    progressDeadline: milliseconds(input.progressDeadline, '10m'),
    revisionHistory: input.revisionHistory ?? 5,
    disruptionBudget: resolveBudget(input.disruptionBudget),
    drain: milliseconds(input.drain, '5s'),
    spread: input.spread ?? 'nodes',
    autoRollback: input.autoRollback ?? true,
    ...(input.onConflict === 'fail' ? { onConflict: 'fail' } : {}),
  };
}

function resolveBudget(input: Partly<RolloutInput>['disruptionBudget']): RolloutPolicy['disruptionBudget'] {
  if (input === 'none') return 'none';
  if (input !== undefined && 'minAvailable' in input && input.minAvailable !== undefined) return { minAvailable: input.minAvailable };
  return { maxUnavailable: (input !== undefined && 'maxUnavailable' in input ? input.maxUnavailable : undefined) ?? 1 };
}

function resolveWindows(input: readonly (Partly<WindowInput> | undefined)[], setting: Setting): readonly Window[] {
  return input.map((window = {}) => {
    const kind = window.kind ?? 'allow';
    const timeZone = window.timeZone ?? setting.timeZone;
    const cutoff = optionalMilliseconds(window.cutoff) ?? setting.progressDeadline;
    if ('from' in window || 'to' in window) {
      const moment = (written: string | undefined, edge: 'start' | 'end') => instant(momentOf(written ?? '', timeZone, edge) ?? 0);
      return { kind, from: moment(window.from, 'start'), to: moment(window.to, 'end'), cutoff };
    }
    const { schedule, duration } = 'schedule' in window ? window : { schedule: undefined, duration: undefined };
    return { kind, schedule: setting.minute(schedule ?? ''), duration: milliseconds(duration, '0s'), timeZone, cutoff };
  });
}

function resolveStage(input: Partly<StageInput>, windows: readonly Window[], gate: GatePolicy, setting: Setting): Stage {
  const exposure = input.exposure ?? gate.exposure;
  return {
    name: input.name ?? '',
    namespace: input.namespace ?? '',
    ...(input.cluster === undefined ? {} : { cluster: input.cluster }),
    ...resolveAfter(input.after ?? []),
    soak: milliseconds(input.soak, '0s'),
    ...(input.soakOnNewer === 'restart' ? { soakOnNewer: 'restart' } : {}),
    ...(input.approval === 'manual' ? { approval: 'manual' } : {}),
    windows: input.windows === undefined ? windows : resolveWindows(input.windows, setting),
    ...(input.verify === undefined ? {} : { verify: input.verify.flatMap((each) => resolveVerification(each ?? {})) }),
    ...(input.replicas === undefined ? {} : { replicas: input.replicas }),
    ...(exposure === undefined ? {} : { exposure }),
  };
}

/** Of one stage alone, `oneOf` says nothing. */
function resolveAfter(input: NonNullable<Partly<StageInput>['after']>): Pick<Stage, 'after' | 'oneOf'> {
  const after = ('oneOf' in input ? (input.oneOf ?? []) : (input as readonly (string | undefined)[])).filter(isPresent);
  return { after, ...('oneOf' in input && after.length > 1 ? { oneOf: true } : {}) };
}

function resolvePromotion(input: Partly<PromotionInput>, { minute }: Setting): PromotionPolicy {
  return {
    engine: input.engine ?? 'jobs',
    schedule: minute(input.schedule ?? '*/10 * * * *'),
    ...(input.guard === false ? { guard: false } : {}),
    ...(input.signatures === undefined ? {} : { signatures: resolveSignatures(input.signatures) }),
  };
}

function resolveSignatures({ publicKey, repositories, admission }: Partly<SignaturesInput>): SignaturePolicy {
  return {
    publicKey: publicKey ?? '',
    ...(repositories === undefined ? {} : { repositories: repositories.filter(isPresent) }),
    ...(admission === 'kyverno' ? { admission } : {}),
  };
}

function resolveMonitoring(input: Partly<MonitoringInput>): MonitoringPolicy {
  return {
    prometheus: input.prometheus ?? 'operator',
    exporter: input.exporter ?? true,
    ...(input.dashboards === undefined ? {} : { dashboards: input.dashboards === true ? 'sidecar' : input.dashboards }),
    runbookUrl: input.runbookUrl ?? RUNBOOKS,
    labels: present(input.labels ?? {}),
    ...(input.severities === undefined ? {} : { severities: present(input.severities) }),
    ...(input.disable === undefined ? {} : { disable: input.disable.filter(isPresent) }),
    ...(input.override === undefined ? {} : { override: resolveOverrides(input.override) }),
  };
}

function resolveOverrides(input: Partly<NonNullable<MonitoringInput['override']>>): NonNullable<MonitoringPolicy['override']> {
  const overrides = ALERT_NAMES.flatMap((name) => {
    const { for: wait, labels, ...texts } = input[name] ?? {};
    const duration = wait === undefined ? {} : { for: milliseconds(wait, '0s') };
    const override: AlertOverride = { ...present(texts), ...duration, ...(labels === undefined ? {} : { labels: present(labels) }) };
    return input[name] === undefined ? [] : [[name, override] as const];
  });
  return Object.fromEntries(overrides);
}

function instant(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

function milliseconds(text: string | undefined, otherwise: string): Milliseconds {
  return optionalMilliseconds(text ?? otherwise) ?? 0;
}

function optionalMilliseconds(text: string | undefined): Milliseconds | undefined {
  return text === undefined ? undefined : parseDuration(text);
}

/** The fields that have a value. */
function present<V>(fields: { readonly [key: string]: V | undefined }): { readonly [key: string]: V } {
  return Object.fromEntries(Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));
}

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}
