import type { CiJob } from './job.js';
import { gateScript, OUTPUT, reportOf, SAVE_IMAGE, scanScript } from './scripts.js';
import { indented, yamlText } from './shell.js';

/** Actions by the commit of a release: a tag can be moved, a commit cannot. */
export const ACTIONS = {
  checkout: 'actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2',
  setupNode: 'actions/setup-node@6044e13b5dc448c55e2357c09f80417699197238 # v6.2.0',
  uploadSarif: 'github/codeql-action/upload-sarif@89a39a4e59826350b863aa6b6252a07ad50cf83e # v4.32.4',
  uploadArtifact: 'actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f # v6.0.0',
} as const;

/**
 * A workflow for GitHub Actions, on a runner as GitHub has it: Docker is all that it needs. What comes from outside
 * reaches scripts as environment variables only. A pull request from a fork may not write to code scanning; its verdict
 * is in the job's summary all the same.
 */
export function githubWorkflow(job: CiJob): string {
  return `# Written by \`patchway ci github\`: write it again after the policy or the lock has changed.
name: patchway

on:
  pull_request:
  push:
    branches: [main]
  workflow_dispatch:

permissions: {}

concurrency:
  group: patchway-\${{ github.ref }}
  cancel-in-progress: true

jobs:
  gate:
    name: ${yamlText(`Patch policy ${job.name}`)}
    runs-on: ubuntu-24.04
    timeout-minutes: ${job.timeoutMinutes}
    permissions:
      contents: read
      actions: read # private repositories need it to upload to code scanning
      security-events: write # uploads what was found to code scanning
    env:
      NPM_CONFIG_IGNORE_SCRIPTS: "true"
    steps:
      - uses: ${ACTIONS.checkout}
        with:
          persist-credentials: false
      - uses: ${ACTIONS.setupNode}
        with:
          node-version: 22
          package-manager-cache: false
      - name: Build the image
        run: |
${indented([`image=${imageName(job)}`, 'echo "IMAGE=$image" >> "$GITHUB_ENV"', 'docker build --tag "$image" .'], 10)}
      - name: Save the image
        run: |
${indented(SAVE_IMAGE, 10)}
${job.scanners.map((scanner) => `      - name: Scan it with ${scanner.kind}\n        run: |\n${indented(scanScript(scanner), 10)}\n`).join('')}      - name: Judge what was found
        run: |
${indented(gateScript(job, FORMATS), 10)}
      - name: Show it in code scanning
        if: >-
          !cancelled() && hashFiles('${OUTPUT}/gate.sarif') != '' &&
          (github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository)
        uses: ${ACTIONS.uploadSarif}
        with:
          sarif_file: ${OUTPUT}/gate.sarif
          category: patchway
      - name: Keep reports and verdict
        if: \${{ !cancelled() }}
        uses: ${ACTIONS.uploadArtifact}
        with:
          name: patchway
          path: |
${indented([...job.scanners.map(({ kind }) => reportOf(kind)), `${OUTPUT}/verdict.json`, `${OUTPUT}/gate.sarif`], 12)}
          if-no-files-found: ignore
`;
}

/** Docker takes small letters only, GitHub's names may have capitals. */
function imageName({ repository }: CiJob): string {
  return repository === undefined ? '"ghcr.io/${GITHUB_REPOSITORY,,}:$GITHUB_SHA"' : `"${repository}:$GITHUB_SHA"`;
}

const FORMATS = [
  { format: 'sarif', to: `> ${OUTPUT}/gate.sarif` },
  { format: 'json', to: `> ${OUTPUT}/verdict.json` },
  { format: 'markdown', to: '>> "$GITHUB_STEP_SUMMARY"' },
];
