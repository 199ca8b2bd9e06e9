import type { Stage } from '../../policy/policy.js';
import { shellWord } from '../ci/shell.js';
import type { PromotionJob } from './job.js';

/** Where a step and the workflow hand things to each other, from the root of the checkout. */
export const INTO = 'patchway-promotion';

export const branches = {
  state: (stage: string) => `patchway/state-${stage}`,
  promote: (stage: string) => `patchway/promote-${stage}`,
  revert: (stage: string) => `patchway/revert-${stage}`,
} as const;

/** What a forge does with a branch that asks to be merged. */
export interface ForgeScript {
  /** Lines of the function `request BRANCH CHANGED`: a request for a branch that was pushed, CHANGED when it was just now. */
  readonly request: readonly string[];
  /** Lines of the function `withdraw BRANCH`, before the branch is deleted. */
  readonly withdraw: readonly string[];
  /** More options of pushing a branch that asks to be merged. */
  readonly pushOptions: string;
}

/** Looks whether a stage is to be promoted, and asks for that or takes it back. */
export function proposeScript(job: PromotionJob, stage: Stage, forge: ForgeScript): readonly string[] {
  const [state, branch] = [branches.state(stage.name), branches.promote(stage.name)];
  return [
    ...functions(job, forge),
    `fetch ${state}`,
    `fetch ${branch}`,
    `mkdir -p ${INTO}`,
    `show ${state} state.json > ${INTO}/state.json || rm -f ${INTO}/state.json`,
    `show ${branch} ${shellWord(job.lockFile)} > ${INTO}/proposed.lock.yaml || rm -f ${INTO}/proposed.lock.yaml`,
    '# 2 is an answer: the promotion is blocked.',
    `patchway propose --to ${stage.name} || [ $? -eq 2 ]`,
    '# Where somebody else has pushed meanwhile, this push fails, and the next run looks afresh.',
    `keep ${state} ${INTO}/state.json`,
    `case "$(cat ${INTO}/answer)" in`,
    `  propose) ask ${branch} ${INTO}/proposed.lock.yaml ;;`,
    `  withdraw) takeBack ${branch} ;;`,
    'esac',
  ];
}

/** Says whether there is something to deploy now, without asking for an approval yet. */
export function dueScript(job: PromotionJob, stage: Stage, onlyMoved: string): readonly string[] {
  return [...functions(job), `patchway deploy --to ${stage.name} ${onlyMoved} || [ $? -eq 2 ]`, `answer="$(cat ${INTO}/answer)"`];
}

/** Deploys what was merged, and asks for the old images back where that fails. */
export function deployScript(job: PromotionJob, stage: Stage, forge: ForgeScript, onlyMoved: string): readonly string[] {
  const branch = branches.revert(stage.name);
  return [
    ...functions(job, forge),
    job.synth,
    'code=0',
    `patchway deploy --to ${stage.name} --manifests dist/*.k8s.yaml ${onlyMoved}${job.gitops ? ' --observe' : ''} || code=$?`,
    `if [ "$code" -eq 2 ] && [ "$(cat ${INTO}/answer)" = revert ]; then`,
    `  fetch ${branch}`,
    `  ask ${branch} /dev/null`,
    'fi',
    'exit "$code"',
  ];
}

function functions({ patchway, policyFile, lockFile, refusedFile, branch }: PromotionJob, forge?: ForgeScript): readonly string[] {
  const [lock, refused] = [shellWord(lockFile), shellWord(refusedFile)];
  const common = [
    'set -eu',
    'patchway() {',
    `  npx --yes ${shellWord(patchway)} forge "$@" --policy ${shellWord(policyFile)} --lock ${lock} --into ${INTO}`,
    '}',
  ];
  if (forge === undefined) return common;
  return [
    ...common,
    '# What a push signs in with is read from the environment, and written nowhere.',
    `git config credential.helper '!f() { echo "username=\${PATCHWAY_USER:-patchway}"; echo "password=$PATCHWAY_TOKEN"; }; f'`,
    'export GIT_AUTHOR_NAME=patchway GIT_AUTHOR_EMAIL=patchway@localhost GIT_COMMITTER_NAME=patchway GIT_COMMITTER_EMAIL=patchway@localhost',
    'fetch() {',
    '  code=0; git ls-remote --exit-code --heads origin "refs/heads/$1" > /dev/null || code=$?',
    '  case "$code" in',
    '    0) git fetch --quiet --no-tags --depth=1 origin "+refs/heads/$1:refs/patchway/$1" ;;',
    '    2) git update-ref -d "refs/patchway/$1" ;;',
    '    *) exit "$code" ;;',
    '  esac',
    '}',
    'at() { git rev-parse --quiet --verify "refs/patchway/$1" || true; }',
    'show() { git show "refs/patchway/$1:$2" 2> /dev/null; }',
    '# Only over what was fetched: of two runs one wins.',
    'put() {',
    '  name="$1"; commit="$2"; shift 2',
    '  git push --quiet "$@" "--force-with-lease=refs/heads/$name:$(at "$name")" origin "$commit:refs/heads/$name"',
    '}',
    'keep() {',
    '  blob="$(git hash-object -w "$2")"',
    '  [ "$blob" = "$(git rev-parse --quiet --verify "refs/patchway/$1:state.json" || true)" ] && return',
    `  tree="$(printf '100644 blob %s\\tstate.json\\n' "$blob" | git mktree)"`,
    '  put "$1" "$(git commit-tree "$tree" -m "Keep what was seen [skip ci]")"',
    '}',
    'ask() {',
    `  title="$(sed -n 1p ${INTO}/message)"`,
    `  sed 1,2d ${INTO}/message > ${INTO}/body`,
    '  # One that says the same already stays as it is, with its reviews.',
    '  changed=',
    `  if ! cmp -s ${lock} "$2"; then`,
    `    git add -- ${lock}`,
    `    [ ! -e ${refused} ] || git add -- ${refused}`,
    `    put "$1" "$(git commit-tree "$(git write-tree)" -p HEAD -F ${INTO}/message)" ${forge.pushOptions}`,
    '    changed=1',
    '  fi',
    '  request "$1" "$changed"',
    '}',
    'takeBack() {',
    '  [ -n "$(at "$1")" ] || return 0',
    '  withdraw "$1"',
    '  git push --quiet origin --delete "refs/heads/$1"',
    '}',
    `base=${shellWord(branch)}`,
    'request() {',
    ...forge.request.map((line) => `  ${line}`),
    '}',
    'withdraw() {',
    ...forge.withdraw.map((line) => `  ${line}`),
    '}',
  ];
}
