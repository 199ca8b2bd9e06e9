import type { Milliseconds, Stage } from '../policy/policy.js';
import { windowState } from '../policy/windows.js';
import { exceptionEnds, exceptionUses } from './exceptions.js';
import { epochSeconds, type Gauge, type Sample } from './exposition.js';
import { type Fixed, LOOK_BACK } from './fixes.js';
import type { RunningImage } from './running.js';
import { FINDING_SEVERITIES, PROMOTION_STEPS, type StageState } from './state.js';
import type { WorkloadFacts } from './workload-gauges.js';

interface StageFacts {
  readonly state: StageState;
  readonly stage: Stage;
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: readonly WorkloadFacts[];
  readonly fixed: readonly Fixed[];
}

/** The gauges that a stage has once. */
export function stageGauges({ state, stage, labels, facts, fixed }: StageFacts): readonly Gauge[] {
  const { at, promotion, config, breakGlassPods } = state;
  const { exceptions = [] } = config.policy;
  const images = facts.flatMap((each) => each.images);
  const one = (value: number | undefined): readonly Sample[] => (value === undefined ? [] : [{ labels, value }]);
  const instant = (time: string | undefined) => one(time === undefined ? undefined : epochSeconds(time));
  const states = promotion === undefined ? [] : PROMOTION_STEPS;
  const window = windowState(stage.windows, at);
  const windowChange = window.opensAt ?? window.closesAt;
  return [
    {
      name: 'patchway_scan_database_age_seconds',
      help: "How old a scanner's database was when it was last used, by the oldest one.",
      samples: databaseAges(images, labels),
    },
    {
      name: 'patchway_deadlines',
      help: 'Deadlines that were met or missed in this stage within a time: met when the finding was gone, missed when they passed before.',
      samples: promotion?.history === undefined ? [] : deadlines(images, fixed, at, labels),
    },
    {
      name: 'patchway_promotion_state',
      help: 'Whether the promotion to this stage is at this step.',
      samples: states.map((step) => ({ labels: { ...labels, state: step }, value: promotion?.step === step ? 1 : 0 })),
    },
    {
      name: 'patchway_promotion_last_success_timestamp_seconds',
      help: 'When a promotion to this stage last finished well.',
      samples: instant(promotion?.lastPromotedAt),
    },
    {
      name: 'patchway_promotion_candidate_timestamp_seconds',
      help: 'Since when there are images that this stage is to take over.',
      samples: instant(promotion?.candidate?.seenAt),
    },
    {
      name: 'patchway_promotion_soaked_seconds',
      help: 'How long the images that this stage is to take over have run healthily in the stages before.',
      samples: one(promotion?.candidate === undefined ? undefined : promotion.candidate.healthyMs / 1000),
    },
    {
      name: 'patchway_promotion_soak_seconds',
      help: 'How long images must run healthily in the stages before.',
      samples: one(stage.soak === 0 ? undefined : stage.soak / 1000),
    },
    {
      name: 'patchway_promotion_blocked_timestamp_seconds',
      help: 'Since when the promotion to this stage is held up by something that does not pass by itself.',
      samples: instant(promotion?.lastError?.at),
    },
    {
      name: 'patchway_promotion_rolled_back_timestamp_seconds',
      help: 'When images in this stage were last put back.',
      samples: instant(promotion?.history?.find(({ what }) => what === 'rolledBack')?.at),
    },
    {
      name: 'patchway_window_open',
      help: 'Whether a rollout may start in this stage now.',
      samples: one(window.open ? 1 : 0),
    },
    {
      name: 'patchway_window_changes_timestamp_seconds',
      help: 'When that changes.',
      samples: one(windowChange === undefined ? undefined : windowChange / 1000),
    },
    {
      name: 'patchway_evidence_max_age_seconds',
      help: 'How old a scan may be to count.',
      samples: one(config.policy.gate.maxEvidenceAge / 1000),
    },
    {
      name: 'patchway_break_glass_pods',
      help: 'Pods that a label lets past the guard, whatever they run.',
      samples: one(breakGlassPods),
    },
    {
      name: 'patchway_exception_expires_timestamp_seconds',
      help: 'When an exception of the policy that holds in this stage ends; one that has ended stays until it is removed.',
      samples: exceptionEnds(exceptions, labels),
    },
    {
      name: 'patchway_exception_findings',
      help: 'How many findings in what this stage runs an exception of the policy is about.',
      samples: exceptionUses(exceptions, labels, images),
    },
  ];
}

function databaseAges(images: readonly RunningImage[], labels: StageFacts['labels']): readonly Sample[] {
  const ages = new Map<string, number>();
  for (const { scan } of images) {
    for (const { kind, databaseBuiltAt } of scan?.found.scanners ?? []) {
      if (scan === undefined || databaseBuiltAt === undefined) continue;
      const age = epochSeconds(scan.found.scannedAt) - epochSeconds(databaseBuiltAt);
      ages.set(kind, Math.max(age, ages.get(kind) ?? 0));
    }
  }
  return [...ages].sort().map(([scanner, value]) => ({ labels: { ...labels, scanner }, value }));
}

const DAY: Milliseconds = 86_400_000;
const WITHIN: readonly (readonly [name: string, length: Milliseconds])[] = [
  ['1d', DAY],
  ['7d', 7 * DAY],
  ['30d', LOOK_BACK],
];

/** Each deadline counts once: when its finding is gone before it, or else when it passes, whatever becomes of the finding then. */
function deadlines(images: readonly RunningImage[], fixed: readonly Fixed[], at: number, labels: StageFacts['labels']): readonly Sample[] {
  const open = images.flatMap(({ scan }) => (scan?.current ? scan.found.findings : []));
  const passed = open.flatMap(({ severity, failsAt }) =>
    failsAt === undefined ? [] : [{ severity, at: Date.parse(failsAt), met: false }],
  );
  const gone = fixed.flatMap(({ severity, at: goneAt, due }) =>
    due === undefined ? [] : [{ severity, at: Math.min(goneAt, due), met: goneAt < due }],
  );
  const decided = [...passed, ...gone].filter((each) => each.at <= at);
  return FINDING_SEVERITIES.flatMap((severity) =>
    WITHIN.flatMap(([within, length]) =>
      [true, false].map((met) => ({
        labels: { ...labels, severity, within, met: String(met) },
        value: decided.filter((each) => each.severity === severity && each.met === met && at - each.at < length).length,
      })),
    ),
  );
}
