import type { Stage } from '../../policy/policy.js';
import { indented, shellWord, yamlText } from '../ci/shell.js';
import type { PromotionJob } from './job.js';
import { deployScript, type ForgeScript, proposeScript } from './scripts.js';

/**
 * Jobs for GitLab CI: on a pipeline schedule one looks and opens merge requests that move the lock, on the branch that
 * they are merged into another deploys. GitLab opens and closes merge requests as branches are pushed and deleted, so that
 * a token that may push is all that is needed.
 */
export function gitlabJobs(job: PromotionJob): string {
  return `# Written by \`patchway ci promotion\`: write it again after the policy has changed.
.patchway-promotion:
  image: ${yamlText(job.runner)}
  variables:
    NPM_CONFIG_IGNORE_SCRIPTS: "true"
    GIT_DEPTH: "50"
    GIT_STRATEGY: clone
${job.oidc === undefined ? '' : `  id_tokens:\n    PATCHWAY_ID_TOKEN:\n      aud: ${yamlText(job.oidc)}\n`}
${[...job.promoted.map((stage) => promoteJob(job, stage)), ...job.policy.stages.map((stage) => deployJob(job, stage))].join('\n')}`;
}

function promoteJob(job: PromotionJob, stage: Stage): string {
  return `patchway-promote-${stage.name}:
  extends: .patchway-promotion
  stage: deploy
  timeout: 15 minutes
  resource_group: patchway-promote-${stage.name}
  rules:
    - if: ${yamlText(`$CI_PIPELINE_SOURCE == "schedule" && $CI_COMMIT_BRANCH == "${job.branch}"`)}
  script:
    - |
${indented([...prelude(job, 'PATCHWAY_KUBECONFIG'), ...proposeScript(job, stage, forge(job))], 6)}
`;
}

function deployJob(job: PromotionJob, stage: Stage): string {
  const needs = stage.after.map((name) => `      - job: ${yamlText(`patchway-deploy-${name}`)}\n        optional: true\n`).join('');
  const script = deployScript(job, stage, forge(job), '$only');
  return `patchway-deploy-${stage.name}:
  extends: .patchway-promotion
  stage: deploy
  timeout: ${job.deployMinutes} minutes
  resource_group: patchway-deploy-${stage.name}
${job.gitops ? '' : `  environment:\n    name: ${yamlText(stage.name)}\n`}${needs === '' ? '  needs: []\n' : `  needs:\n${needs}`}  rules:
    - if: ${yamlText(`$CI_COMMIT_BRANCH == "${job.branch}" && ($CI_PIPELINE_SOURCE == "push" || $CI_PIPELINE_SOURCE == "schedule")`)}
  script:
    - |
${indented([...prelude(job, job.gitops ? 'PATCHWAY_KUBECONFIG' : 'PATCHWAY_DEPLOY_KUBECONFIG'), SCHEDULED, ...script], 6)}
`;
}

const SCHEDULED = 'only=; [ "$CI_PIPELINE_SOURCE" != schedule ] || only=--only-moved';

/** Kubeconfigs are variables of type file. The job's own token cannot push: PATCHWAY_TOKEN is a project's access token. */
function prelude({ oidc }: PromotionJob, kubeconfig: string): readonly string[] {
  return [
    `export KUBECONFIG="$CI_PROJECT_DIR.tmp.kubeconfig"`,
    `(umask 077; cat "$${kubeconfig}" > "$KUBECONFIG")`,
    ...(oidc === undefined
      ? []
      : [
          `(umask 077; printf '%s' "$PATCHWAY_ID_TOKEN" > "$KUBECONFIG.token")`,
          'kubectl config set users.patchway.tokenFile "$KUBECONFIG.token" > /dev/null',
        ]),
    'git remote set-url origin "$CI_PROJECT_URL.git"',
  ];
}

function forge({ reviewers }: PromotionJob): ForgeScript {
  const assigned = reviewers
    .split(',')
    .filter((name) => name !== '')
    .map((name) => ` -o ${shellWord(`merge_request.assign=${name}`)}`)
    .join('');
  return {
    request: [':'],
    withdraw: [':'],
    pushOptions: `-o merge_request.create -o "merge_request.target=$base" -o "merge_request.title=$title"${assigned}`,
  };
}
