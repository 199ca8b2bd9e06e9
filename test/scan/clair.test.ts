import { describe, expect, it } from 'vitest';
import { planCapabilities } from '../../src/capabilities.js';
import type { ScanPolicy } from '../../src/policy/policy.js';
import { checkScanners } from '../../src/scan/check.js';
import { scanPod } from '../../src/scan/pod.js';
import { image, lock, mount, policy, staging, workload } from './fixture.js';

const CLAIR = { kind: 'clair', server: 'http://clair.test:6060', args: [] } as const;
const SECRETS = { registrySecret: 'pull', registryCa: 'corporate-ca' };

const pod = (scan: Partial<ScanPolicy>) => scanPod({ ...policy().scan, ...scan }, [], lock(), mount, 'scan');
const nameOf = ({ name }: { readonly name: string }) => name;
const namesIn = (list: unknown) => (list as readonly { readonly name: string }[]).map(nameOf);
const mountsOf = (scan: Partial<ScanPolicy>, container = 0) => namesIn(pod(scan).containers[container]?.volumeMounts);

describe('a scan’s pod with Clair, which is a server', () => {
  it('has no container and no scratch directory for it', () => {
    const { containers, volumes } = pod({ scanners: [CLAIR, { kind: 'grype', args: [] }] });
    expect(containers.map(({ name }) => name)).toEqual(['scan', 'grype']);
    expect(namesIn(volumes)).not.toContain('clair');
    expect(pod({ scanners: [CLAIR] }).containers.map(({ name }) => name)).toEqual(['scan']);
  });

  it('lets the agent, and no scanner, see how layers are fetched', () => {
    expect(mountsOf({ ...SECRETS, scanners: [CLAIR] })).toEqual(expect.arrayContaining(['registry', 'ca']));
    expect(mountsOf({ ...SECRETS, scanners: [CLAIR, { kind: 'grype', args: [] }] }, 1)).not.toContain('registry');
  });

  it('leaves the agent without credentials where all scanners are in the pod', () => {
    expect(mountsOf({ ...SECRETS, scanners: [{ kind: 'grype', args: [] }] })).not.toContain('registry');
  });

  it('needs no image of it in the lock', () => {
    const input = { policy: policy({ scan: { scanners: [CLAIR] } }), stage: staging, lock: lock(), agentBundle: '' };
    const workloads = [workload('web', image('web', 'ghcr.io/acme/web:1'))];
    expect(planCapabilities({ ...input, workloads }, ['scan']).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

it('warns that Clair alone knows neither what is exploited nor when a fix was released', () => {
  expect(checkScanners(policy({ scan: { scanners: [CLAIR] } })).map(({ path }) => path)).toEqual(['gate.exploited', 'gate.anchor']);
});
