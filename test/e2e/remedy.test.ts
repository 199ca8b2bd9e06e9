import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copaManifests } from '../../src/remedy/copa.js';
import { rulesFile } from '../../src/rules/rules.js';
import { api, policy, staging, web } from '../rules/storefront.js';
import { apply, digestOf, eventually, freshNamespace, hasCluster, jobLogs, kubectl, kubectlJson, REGISTRY, runCronJob } from './cluster.js';
import { hasPromtool, promtool, promtoolPath } from './promtool.js';
import { applyScan, CRON_JOB, deployWeb, list, SCANNERS, stageIn, storedIn, testPolicy, webWorkload } from './scan-support.js';

const [NAMESPACE, TOKEN] = ['remedy-e2e', 'trigger-token-1'];

describe.runIf(hasCluster())('a red verdict on a cluster', () => {
  const received: { readonly url?: string; readonly authorization?: string; readonly body: string }[] = [];
  let forge: Server;
  beforeAll(async () => {
    await freshNamespace(NAMESPACE);
    forge = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { url, headers } = request;
      received.push({ url: url ?? '', authorization: headers.authorization ?? '', body });
      // A forge that is just being restarted.
      response.writeHead(received.length === 1 ? 503 : 204).end();
    });
    await new Promise<void>((resolve) => forge.listen(0, REGISTRY.split(':', 1)[0], resolve));
  });
  afterAll(async () => {
    forge.close();
    await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
  });

  it('asks for a new build once, with what the Secret says, and tells no secret', async () => {
    const digest = await deployWeb(NAMESPACE, '1.0.0');
    const workload = { ...webWorkload('1.0.0'), remedy: 'rebuild', rebuildWebhook: 'build-web' } as const;
    const document = { ...testPolicy({ scanners: SCANNERS.slice(0, 1) }), stages: [stageIn(NAMESPACE)] };
    await applyScan(NAMESPACE, document, [workload]);

    expect(await runCronJob(NAMESPACE, CRON_JOB, 'without')).toBe('Complete');
    const without = await jobLogs(NAMESPACE, 'without');
    expect(without).toContain('to do: Build the image again on a fixed base');
    expect(without).toContain('there is no Secret build-web with the key url in this namespace');
    expect((await storedIn(NAMESPACE)).evidence?.digests[digest]).toMatchObject({ complete: true });

    const url = `http://${REGISTRY.split(':', 1)[0]}:${(forge.address() as AddressInfo).port}/trigger?token=${TOKEN}`;
    const literals = [`--from-literal=url=${url}`, '--from-literal=authorization=Bearer e2e'];
    await kubectl(['-n', NAMESPACE, 'create', 'secret', 'generic', 'build-web', ...literals]);
    expect(await runCronJob(NAMESPACE, CRON_JOB, 'asking')).toBe('Complete');
    const asking = await jobLogs(NAMESPACE, 'asking');
    expect(asking).toContain(`asked for a new build of ${REGISTRY}/web:1, as Secret build-web says`);
    expect(asking).not.toContain(TOKEN);
    expect(received).toHaveLength(2);
    expect(received[1]).toMatchObject({ url: `/trigger?token=${TOKEN}`, authorization: 'Bearer e2e' });
    const { event_type, client_payload } = JSON.parse(received[1]?.body ?? '');
    expect([event_type, client_payload]).toEqual([
      'patchway-rebuild',
      expect.objectContaining({ stage: 'test', workloads: ['web'], image: `${REGISTRY}/web:1`, digest, verdict: 'fail' }),
    ]);
    expect(client_payload.findings.length).toBeGreaterThan(0);

    expect(await runCronJob(NAMESPACE, CRON_JOB, 'again')).toBe('Complete');
    expect(received).toHaveLength(2);
  });

  it('leaves a CronJob with which a person patches: the API server and "restricted" take it', async () => {
    const workload = { ...webWorkload('1.0.0'), remedy: 'copa', buildkit: 'tcp://buildkitd.build:1234', pullSecrets: ['push'] } as const;
    // Copa is not to be had here: an image without it shows that its pod is let in, and is started.
    const tool = { image: `${REGISTRY}/busybox`, tag: '1.36', digest: digestOf('busybox:1.36') };
    const lock = { schemaVersion: 1, images: {}, tools: { copa: tool } } as const;
    const manifests = copaManifests({ policy: testPolicy(), stage: stageIn(NAMESPACE), workloads: [workload], lock });
    await kubectl(['apply', '--server-side', '--validate=strict', '--dry-run=server', '-f', '-'], list(manifests));
    await apply(list(manifests));
    await kubectl([
      '-n',
      NAMESPACE,
      'create',
      'secret',
      'generic',
      'push',
      '--type=kubernetes.io/dockerconfigjson',
      '--from-literal=.dockerconfigjson={"auths":{}}',
    ]);
    await kubectl(['-n', NAMESPACE, 'create', 'job', 'patch-now', '--from=cronjob/patchway-copa-web']);
    const said = await eventually('the pod that patches is started', async () => {
      const pods = await kubectlJson<{ items: { status: { containerStatuses?: { image: string; state: object }[] } }[] }>([
        '-n',
        NAMESPACE,
        'get',
        'pods',
        '-l',
        'job-name=patch-now',
      ]);
      const state = JSON.stringify(pods.items[0]?.status.containerStatuses?.[0]?.state ?? {});
      return state.includes('copa') ? state : undefined;
    });
    expect(said).toMatch(/copa.*(not found|no such file)/);
    expect(await kubectl(['-n', NAMESPACE, 'get', 'cronjob', 'patchway-copa-web', '-o', 'jsonpath={.spec.suspend}'])).toBe('true');
  });
});

describe.runIf(hasPromtool())('alerts about a red verdict', () => {
  const directory = mkdtempSync(join(tmpdir(), 'patchway-remedy-'));
  const workloads = [
    { ...web, remedy: 'rebuild' },
    { ...api, remedy: 'copa' },
    { ...web, name: 'worker' },
  ] as const;
  const labels = (workload: string) =>
    `{policy="storefront",stage="staging",namespace="storefront-staging",workload="${workload}",container="web"}`;

  it('carry what each workload asks for, for routing and for people', async () => {
    await promtoolPath();
    writeFileSync(join(directory, 'rules.json'), JSON.stringify(rulesFile(policy, [{ stage: staging, workloads }])));
    expect(await promtool(['check', 'rules', '--lint=all', '--lint-fatal', join(directory, 'rules.json')])).toMatchObject({ code: 0 });
    const expected = [
      ['web', 'rebuild', 'Build the image again on a fixed base.'],
      ['api', 'copa', 'Patch the image with Copa.'],
      ['worker', 'update', 'Take a newer tag of the image.'],
    ].map(([workload, remedy, sentence]) => ({
      exp_labels: {
        team: 'shop',
        severity: 'critical',
        remedy,
        policy: 'storefront',
        stage: 'staging',
        namespace: 'storefront-staging',
        workload,
      },
      exp_annotations: {
        summary: `A finding in storefront-staging/${workload} is overdue.`,
        description: `The deadline of a finding in what storefront-staging/${workload} runs passed 10m 0s ago. The gate is closed for this image. ${sentence}`,
        runbook_url: 'https://example.com/runbooks/PatchwayFindingOverdue.md',
      },
    }));
    const test = {
      rule_files: ['rules.json'],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: workloads.map(({ name }) => ({ series: `patchway_gate_closes_timestamp_seconds${labels(name)}`, values: '0x20' })),
          alert_rule_test: [{ eval_time: '10m', alertname: 'PatchwayFindingOverdue', exp_alerts: expected }],
        },
      ],
    };
    writeFileSync(join(directory, 'test.json'), JSON.stringify(test));
    const { stdout, stderr } = await promtool(['test', 'rules', join(directory, 'test.json')]);
    expect(`${stdout}${stderr}`).toContain('SUCCESS');
  }, 900_000);
});
