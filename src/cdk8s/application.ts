import type { ApiObject } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { checkStage } from '../checks/checks.js';
import { applyEdits } from '../manifest/edit.js';
import { templatePathOf } from '../manifest/kinds.js';
import type { Manifest } from '../manifest/manifest.js';
import type { WorkloadSummary } from '../manifest/stage-config.js';
import { badInput, formatProblem, type Problem } from '../problem.js';
import type { Coverage } from '../rollout/adopt.js';
import { type Addition, addBudgets, addCapabilities, sameNames } from './additions.js';
import { type AdoptedParts, adoptParts, imagesIn, type Setting } from './adopt-parts.js';
import { authoredAmong } from './authored.js';
import { changeSince } from './change.js';
import { partsOf } from './parts.js';
import { Survey } from './survey.js';
import { chartOf, objectsAmong, objectsIn, rewrite, rewrittenBy } from './tree.js';

/** Whether something that bears pods is under the policy, and if not, why. */
export type CoverageEntry = Coverage & {
  /** The path of its construct. */
  readonly construct: string;
  /** `Deployment/web` */
  readonly object: string;
  readonly policy: string;
  readonly stage: string;
};

/** A scope that was put under the policy. */
interface Claim {
  /** Where what is added goes. */
  readonly home: Construct;
  readonly additions: ReadonlySet<Addition>;
}

/** One stage of a policy on one tree: all that was put under it, by however many calls. */
export class Application {
  readonly setting: Setting;
  readonly #root: IConstruct;
  readonly #name: string;
  readonly #survey = new Survey();
  readonly #claims = new Map<Construct, Claim>();
  /** What is rewritten, with the scope that brought it. */
  readonly #covered = new Map<ApiObject, Construct>();
  readonly #planned = new Map<ApiObject, AdoptedParts>();
  /** As last read; the plan is held against it. */
  readonly #current = new Map<ApiObject, AdoptedParts>();
  /** Workloads of the same stage that need no rewriting. */
  #authored: ReadonlyMap<IConstruct, WorkloadSummary> = new Map();
  readonly #written = new Set<ApiObject>();
  readonly #validated = new Set<IConstruct>();
  /** What the last look found wrong. */
  #errors: ReadonlyMap<IConstruct, readonly string[]> = new Map();
  #isStale = true;
  #stageWarnings: readonly Problem[] = [];

  constructor(root: IConstruct, setting: Setting) {
    this.#root = root;
    this.setting = setting;
    this.#name = `stage ${setting.stage.name} of policy ${setting.policy.name}`;
    // The root is validated first: the objects' own validations then speak of what is about to be written.
    root.node.addValidation({ validate: () => this.#refresh() });
  }

  /** Puts a scope under the policy. What is under it already stays as it is. */
  claim(scope: Construct, home: Construct, additions: readonly Addition[]): void {
    this.#claims.set(scope, { home, additions: new Set([...(this.#claims.get(scope)?.additions ?? []), ...additions]) });
    for (const object of objectsIn(scope)) if (mayBearPods(object) && !this.#covered.has(object)) this.#cover(object, scope);
    this.#survey.read(this.#objects());
    this.#current.clear();
    this.#isStale = true;
    this.#plan();
  }

  /** What scans, rules and promotion were planned for. */
  get workloads(): readonly WorkloadSummary[] {
    return [...[...this.#planned.values()].flatMap(({ workloads }) => workloads), ...this.#authored.values()];
  }

  workloadsOf(object: ApiObject): readonly WorkloadSummary[] {
    return this.#planned.get(object)?.workloads ?? [];
  }

  warningsOf(object: ApiObject): readonly Problem[] {
    return placed(object, this.#planned.get(object)?.problems ?? []);
  }

  coverage(): readonly CoverageEntry[] {
    this.#look();
    const late = new Set(this.#lateObjects());
    return this.#objects().flatMap((object) => {
      const failure = this.#survey.failure(object);
      const whole = (reason: string) => this.#entry(object, `${object.kind}/${object.name}`, { state: 'notCoverable', reason });
      if (late.has(object)) return [whole('It was added after the policy was applied.')];
      if (!this.#covered.has(object)) return [];
      if (failure !== undefined) return [whole(`It cannot be read yet: ${failure}`)];
      return this.#adopted(object).coverage.map((each) => this.#entry(object, each.object, each.coverage));
    });
  }

  warnings(): readonly Problem[] {
    this.#look();
    const found = [...this.#covered.keys()].flatMap((object) => placed(object, this.#adopted(object).problems));
    return [...found, ...this.#checked().filter((problem) => !isError(problem)), ...this.#stageWarnings];
  }

  #cover(object: ApiObject, scope: Construct): void {
    const other = rewrittenBy(object);
    if (other !== undefined) {
      const conflict = `${object.kind}/${object.name} is under ${other} already, and cannot be under ${this.#name} too. Apply each to a scope of its own.`;
      object.node.addValidation({ validate: () => [conflict] });
    } else {
      this.#covered.set(object, scope);
      rewrite(object, this.#name, (plain) => this.#write(object, plain));
      this.#validate(object);
    }
  }

  /** Adds what belongs beside all that is under the policy so far. */
  #plan(): void {
    for (const object of this.#covered.keys()) this.#planned.set(object, this.#adopted(object));
    for (const [scope, { home, additions }] of this.#claims) {
      const brought = [...this.#covered].filter(([, by]) => by === scope).map(([object]) => object);
      const budgets = brought.flatMap((object) => this.#adopted(object).additions);
      if (additions.has('budgets')) addBudgets(home, this.setting, budgets);
    }
    this.#authored = authoredAmong(this.#constructs(), this.setting);
    const claims = [...this.#claims.values()].filter(addsToStage);
    const wanted = new Set(claims.flatMap(({ additions }) => [...additions]));
    const [first] = claims;
    const runs = { workloads: this.workloads, uncovered: this.#uncovered() };
    if (first !== undefined) this.#stageWarnings = addCapabilities(first.home, this.setting, runs, wanted);
  }

  /** What runs beside the stage's workloads, whose images the guard has to know. */
  #uncovered(): readonly string[] {
    return this.#objects().flatMap((object) => {
      if (this.#covered.has(object)) return this.#adopted(object).uncovered;
      const isOthers = rewrittenBy(object) !== undefined;
      return isOthers ? [] : this.#survey.parts(object).flatMap(({ manifest }) => imagesIn(manifest, this.setting.stage));
    });
  }

  /** What an object is written as. */
  #write(object: ApiObject, plain: Manifest): Manifest {
    // Written twice, it is written by another synthesis: much may have changed since the last.
    if (this.#written.has(object)) this.#isStale = true;
    this.#written.add(object);
    const adopted = adoptParts(this.setting, partsOf(plain), this.#survey.manifests);
    // Looked at once more: validation is not asked where an object is written alone.
    const problems = this.#errorsOf(object, adopted);
    if (problems.length > 0) throw badInput(object.node.path, problems);
    return applyEdits(plain, adopted.edits);
  }

  /** Each chart that is written validates the whole app: everything is read and judged anew once for all of them. */
  #refresh(): string[] {
    const constructs = this.#constructs();
    const objects = objectsAmong(constructs);
    const authored = authoredAmong(constructs, this.setting);
    const isWritten = this.#written.size > 0 && this.#written.size >= this.#covered.size;
    if (this.#isStale || isWritten || !this.#survey.isOf(objects) || authored.size !== this.#authored.size) {
      this.#look(objects);
      this.#judge(objects, authored);
    }
    return [...(this.#errors.get(this.#root) ?? [])];
  }

  #judge(objects: readonly ApiObject[], authored: ReadonlyMap<IConstruct, WorkloadSummary>): void {
    const errors = new Map<IConstruct, readonly string[]>();
    const left = ` after ${this.#name} was applied`;
    const present = new Set(objects);
    const gone = [...this.#covered.keys()].filter((object) => !present.has(object));
    errors.set(this.#root, [
      ...gone.map((object) => `${object.node.path}: ${object.kind}/${object.name} was removed${left}. ${AGAIN}`),
      ...[...sameNames(this.workloads), ...this.#checked().filter(isError)].map(formatProblem),
    ]);
    for (const object of this.#covered.keys())
      if (this.#survey.failure(object) === undefined) errors.set(object, this.#errorsOf(object, this.#adopted(object)).map(formatProblem));
    const late = new Map<IConstruct, string>(this.#lateObjects().map((object) => [object, `${object.kind}/${object.name}`]));
    if ([...this.#claims.values()].some(addsToStage))
      for (const [construct, { kind, name }] of authored) if (!this.#authored.has(construct)) late.set(construct, `${kind}/${name}`);
    for (const [construct, title] of late) {
      errors.set(construct, [`${title} was added${left}, and would be left out. ${AGAIN}`]);
      this.#validate(construct);
    }
    this.#errors = errors;
    // What is wrong may be put right.
    this.#isStale = [...errors.values()].some((found) => found.length > 0);
  }

  /** What would hurt in the stage, as it is going to be written. */
  #checked(): readonly Problem[] {
    const adopted = [...this.#covered.keys()].map((object) => this.#adopted(object));
    const rolled = new Map(adopted.flatMap((each) => [...each.rolled]));
    const others = this.#survey.manifests.filter((manifest) => !rolled.has(manifest));
    const beside = [...others, ...adopted.flatMap(({ additions }) => additions)];
    return checkStage({ ...this.setting, workloads: [...rolled.values()], beside, adopted: true });
  }

  /** What bears pods in a claimed scope, would be covered, and is not. */
  #lateObjects(): readonly ApiObject[] {
    const all = new Set([...this.#claims.keys()].flatMap(objectsIn));
    return [...all].filter(
      (object) =>
        mayBearPods(object) &&
        rewrittenBy(object) === undefined &&
        this.#adopted(object).coverage.some(({ coverage }) => coverage.state === 'covered'),
    );
  }

  /** Has a construct's errors told with its path. */
  #validate(construct: IConstruct): void {
    if (this.#validated.has(construct)) return;
    this.#validated.add(construct);
    construct.node.addValidation({ validate: () => [...(this.#errors.get(construct) ?? [])] });
  }

  #errorsOf(object: ApiObject, now: AdoptedParts): readonly Problem[] {
    const planned = this.#planned.get(object);
    const change = planned === undefined ? undefined : changeSince(planned, now);
    return [...now.problems.filter(isError), ...(change === undefined ? [] : [error(`${change} ${AGAIN}`)])];
  }

  #adopted(object: ApiObject): AdoptedParts {
    const known = this.#current.get(object);
    if (known !== undefined) return known;
    const adopted = adoptParts(this.setting, this.#survey.parts(object), this.#survey.manifests);
    this.#current.set(object, adopted);
    return adopted;
  }

  #look(objects = this.#objects()): void {
    this.#survey.clear();
    this.#survey.read(objects);
    this.#current.clear();
    this.#written.clear();
    this.#isStale = true;
  }

  #objects(): readonly ApiObject[] {
    return objectsAmong(this.#constructs());
  }

  #constructs(): readonly IConstruct[] {
    return this.#reaches().flatMap((reach) => reach.node.findAll());
  }

  /** The trees whose objects count as beside one another: the charts of the claimed scopes, or more where more is claimed. */
  #reaches(): readonly Construct[] {
    const reaches = new Set<Construct>([...this.#claims.keys()].map((scope) => chartOf(scope) ?? scope));
    return [...reaches].filter((reach) => !reach.node.scopes.some((scope) => scope !== reach && reaches.has(scope)));
  }

  #entry(object: ApiObject, title: string, coverage: Coverage): CoverageEntry {
    const { policy, stage } = this.setting;
    return { construct: object.node.path, object: title, policy: policy.name, stage: stage.name, ...coverage };
  }
}

const AGAIN = 'Apply the policy after the last change, or once more after it.';

function addsToStage({ additions }: Claim): boolean {
  return [...additions].some((addition) => addition !== 'budgets');
}

/** Judged by its kind alone: what it holds may be known later. */
function mayBearPods(object: ApiObject): boolean {
  return templatePathOf(object) !== undefined || object.kind.endsWith('List');
}

/** The warnings among an object's problems, with its construct. */
function placed(object: ApiObject, problems: readonly Problem[]): readonly Problem[] {
  return problems.filter((problem) => !isError(problem)).map((problem) => ({ ...problem, path: `[${object.node.path}] ${problem.path}` }));
}

function error(message: string): Problem {
  return { path: '', message, severity: 'error' };
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}
