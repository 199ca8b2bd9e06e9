import type { Stage } from '../../policy/policy.js';
import { ACTIONS } from '../ci/github.js';
import { indented, shellWord, yamlText } from '../ci/shell.js';
import type { PromotionJob } from './job.js';
import { deployScript, dueScript, type ForgeScript, INTO, proposeScript } from './scripts.js';

/**
 * Two workflows for GitHub Actions: one looks every few minutes and opens pull requests that move the lock, the other
 * deploys what was merged. What comes from outside reaches scripts as environment variables only.
 */
export function githubWorkflows(job: PromotionJob): readonly { readonly name: string; readonly text: string; readonly about: string }[] {
  const stages = job.promoted.map(({ name }) => name).join(', ');
  return [
    { name: '.github/workflows/patchway-promote.yml', text: promoteWorkflow(job), about: `pull requests that promote to ${stages}` },
    {
      name: '.github/workflows/patchway-deploy.yml',
      text: deployWorkflow(job),
      about: job.gitops ? 'what was merged, observed' : 'what was merged, deployed',
    },
  ];
}

const MARK = '# Written by `patchway ci promotion`: write it again after the policy has changed.';

function promoteWorkflow(job: PromotionJob): string {
  return `${MARK}
name: patchway-promote

on:
  schedule:
    - cron: ${yamlText(job.tick)} # in UTC: whether a window is open is decided when it runs
  workflow_dispatch:

permissions: {}

jobs:
${job.promoted.map((stage) => promoteJob(job, stage)).join('')}`;
}

function promoteJob(job: PromotionJob, stage: Stage): string {
  return `  promote-${stage.name}:
    name: ${yamlText(`Promote to ${stage.name}`)}
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    concurrency:
      group: patchway-promote-${stage.name}
      cancel-in-progress: false
    permissions:
      contents: write # pushes the branches patchway/promote-${stage.name} and patchway/state-${stage.name}
      pull-requests: write # opens, changes and closes one pull request
${idToken(job)}    env:
${environment('PATCHWAY_KUBECONFIG')}    steps:
${checkout(job, 1)}      - name: Look what is to be promoted
        run: |
${indented([...kubeconfig(job), ...proposeScript(job, stage, forge(job))], 10)}
`;
}

function deployWorkflow(job: PromotionJob): string {
  return `${MARK}
name: patchway-deploy

on:
  push:
    branches: [${yamlText(job.branch)}]
  schedule:
    - cron: ${yamlText(job.tick)} # what was merged while the window was closed
  workflow_dispatch:

permissions: {}

jobs:
${job.policy.stages.map((stage) => deployJobs(job, stage)).join('')}`;
}

/** Looking asks for no approval, so that only what is to be deployed does. */
function deployJobs(job: PromotionJob, stage: Stage): string {
  const observe = job.gitops ? ' --observe' : '';
  const before = stage.after.map((name) => `deploy-${name}`);
  const inOrder = before.map((name) => ` && (needs.${name}.result == 'success' || needs.${name}.result == 'skipped')`).join('');
  const secret = job.gitops ? 'PATCHWAY_KUBECONFIG' : 'PATCHWAY_DEPLOY_KUBECONFIG';
  return `  look-${stage.name}:
    name: ${yamlText(`Look at ${stage.name}`)}
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    permissions:
      contents: read
${idToken(job)}    outputs:
      answer: \${{ steps.look.outputs.answer }}
    env:
      NPM_CONFIG_IGNORE_SCRIPTS: "true"
      PATCHWAY_KUBECONFIG: \${{ secrets.PATCHWAY_KUBECONFIG }}
    steps:
${checkout(job, 1)}      - name: Look whether there is something to deploy
        id: look
        run: |
${indented([...kubeconfig(job), SCHEDULED, ...dueScript(job, stage, `$only${observe}`), 'echo "answer=$answer" >> "$GITHUB_OUTPUT"'], 10)}
  deploy-${stage.name}:
    name: ${yamlText(`Deploy to ${stage.name}`)}
    needs: [${[`look-${stage.name}`, ...before].join(', ')}]
    if: \${{ !cancelled() && needs.look-${stage.name}.outputs.answer == 'deploy'${inOrder} }}
    runs-on: ubuntu-24.04
    timeout-minutes: ${job.deployMinutes}
${job.gitops ? '' : `    environment: ${yamlText(stage.name)}\n`}    concurrency:
      group: patchway-deploy-${stage.name}
      cancel-in-progress: false
    permissions:
      contents: write # pushes the branch patchway/revert-${stage.name} where a deployment fails
      pull-requests: write # opens a pull request for it
${idToken(job)}    env:
${environment(secret)}    steps:
${checkout(job, 50)}      - name: Deploy what was merged
        run: |
${indented([...kubeconfig(job), SCHEDULED, ...deployScript(job, stage, forge(job), '$only')], 10)}
`;
}

const SCHEDULED = 'only=; [ "$GITHUB_EVENT_NAME" != schedule ] || only=--only-moved';

function checkout({ branch }: PromotionJob, depth: number): string {
  return `      - uses: ${ACTIONS.checkout}
        with:
          ref: ${yamlText(branch)}
          fetch-depth: ${depth}
          persist-credentials: false
      - uses: ${ACTIONS.setupNode}
        with:
          node-version: 22
          package-manager-cache: false
`;
}

/** Pull requests of the workflow's own token start no other workflows, so another may be given. */
function environment(secret: string): string {
  return `      NPM_CONFIG_IGNORE_SCRIPTS: "true"
      PATCHWAY_KUBECONFIG: \${{ secrets.${secret} }}
      PATCHWAY_USER: x-access-token
      PATCHWAY_TOKEN: \${{ secrets.PATCHWAY_TOKEN || github.token }}
      GH_TOKEN: \${{ secrets.PATCHWAY_TOKEN || github.token }}
`;
}

function idToken({ oidc }: PromotionJob): string {
  return oidc === undefined ? '' : '      id-token: write # signs in to clusters\n';
}

function kubeconfig({ oidc }: PromotionJob): readonly string[] {
  return [
    'umask 077',
    'export KUBECONFIG="$RUNNER_TEMP/patchway-kubeconfig"',
    `printf '%s\\n' "$PATCHWAY_KUBECONFIG" > "$KUBECONFIG"`,
    ...(oidc === undefined
      ? []
      : [
          'curl --fail --silent --show-error --header "authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\',
          `  "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${encodeURIComponent(oidc)}" | jq --raw-output .value > "$RUNNER_TEMP/patchway-token"`,
          'kubectl config set users.patchway.tokenFile "$RUNNER_TEMP/patchway-token" > /dev/null',
        ]),
  ];
}

function forge({ reviewers }: PromotionJob): ForgeScript {
  const own = `--json number,isCrossRepository --jq 'map(select(.isCrossRepository | not)) | .[0].number // empty'`;
  const find = `number="$(gh pr list --repo "$GITHUB_REPOSITORY" --head "$1" --state open ${own})"`;
  const say = `--repo "$GITHUB_REPOSITORY" --title "$title" --body-file ${INTO}/body`;
  const asked = reviewers === '' ? '' : ` --reviewer ${shellWord(reviewers)}`;
  return {
    request: [
      '# A pull request from a fork may come from a branch of the same name.',
      find,
      `if [ -z "$number" ]; then gh pr create ${say} --head "$1" --base "$base"${asked}`,
      `elif [ -n "$2" ]; then gh pr edit "$number" ${say}; fi`,
    ],
    withdraw: [find, `[ -z "$number" ] || gh pr comment "$number" --repo "$GITHUB_REPOSITORY" --body-file ${INTO}/message`],
    pushOptions: '',
  };
}
