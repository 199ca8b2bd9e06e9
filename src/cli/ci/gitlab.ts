import type { CiJob } from './job.js';
import { gateScript, OUTPUT, reportOf, SAVE_IMAGE, scanScript } from './scripts.js';
import { indented, yamlText } from './shell.js';

/** Docker in Docker, as GitLab's own runners offer it: the digest belongs to 28.5.2-dind. */
const DOCKER = 'docker.io/library/docker:28.5.2-dind@sha256:2a232a42256f70d78e3cc5d2b5d6b3276710a0de0596c145f627ecfae90282ac';

/**
 * Jobs for GitLab CI: one builds and scans beside a Docker service, the other judges on a stock Node image. The runner
 * must allow privileged services, as GitLab's hosted ones do. Directories below the checkout are the service's too.
 */
export function gitlabPipeline(job: CiJob): string {
  return `# Written by \`patchway ci gitlab\`: write it again after the policy or the lock has changed.
.patchway:
  stage: test
  timeout: ${job.timeoutMinutes} minutes
  variables:
    IMAGE: ${yamlText(`${job.repository ?? '$CI_REGISTRY_IMAGE'}:$CI_COMMIT_SHA`)}
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH

patchway-scan:
  extends: .patchway
  image:
    name: ${DOCKER}
    entrypoint: [""]
  services:
    - name: ${DOCKER}
      alias: docker
  variables:
    DOCKER_HOST: tcp://docker:2376
    DOCKER_TLS_CERTDIR: /certs
    DOCKER_TLS_VERIFY: "1"
    DOCKER_CERT_PATH: /certs/client
  script:
    - |
${indented(['set -eu', ...UNTIL_DOCKER, 'docker build --tag "$IMAGE" .', ...SAVE_IMAGE, ...job.scanners.flatMap(scanScript)], 6)}
  artifacts:
    paths:
${job.scanners.map(({ kind }) => `      - ${reportOf(kind)}\n`).join('')}    expire_in: 30 days

patchway-gate:
  extends: .patchway
  image: ${yamlText(job.node)}
  needs: [patchway-scan]
  variables:
    NPM_CONFIG_IGNORE_SCRIPTS: "true"
  script:
    - |
${indented(['set -eu', ...gateScript(job, FORMATS)], 6)}
  artifacts:
    when: always
    reports:
      junit: ${OUTPUT}/junit.xml
    paths:
      - ${OUTPUT}/verdict.json
    expire_in: 30 days
`;
}

/** The service takes a moment to make its certificates. */
const UNTIL_DOCKER = ['for _ in $(seq 30); do docker version > /dev/null 2>&1 && break; sleep 2; done'];

const FORMATS = [
  { format: 'junit', to: `> ${OUTPUT}/junit.xml` },
  { format: 'json', to: `> ${OUTPUT}/verdict.json` },
];
