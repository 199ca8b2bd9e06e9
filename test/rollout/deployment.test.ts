import { describe, expect, it } from 'vitest';
import { dig } from '../../src/manifest/dig.js';
import { type Workload, workloadManifests } from '../../src/rollout/deployment.js';

const web: Workload = {
  name: 'web',
  image: 'ghcr.io/acme/web:1.4',
  ports: [{ name: 'http', port: 8080, servicePort: 80 }],
  readiness: { http: '/healthz' },
};
const containerOf = (workload: Workload) => dig(workloadManifests(workload).deployment, 'spec', 'template', 'spec', 'containers', '0');

describe('a workload as its author writes it', () => {
  it('is a Deployment that finds its pods by its name alone', () => {
    const { deployment } = workloadManifests(web);
    expect(deployment.spec.selector).toEqual({ matchLabels: { 'app.kubernetes.io/name': 'web' } });
    expect(deployment.spec.template.metadata?.labels).toEqual({ 'app.kubernetes.io/name': 'web' });
    expect(containerOf(web)).toEqual({
      name: 'web',
      image: 'ghcr.io/acme/web:1.4',
      ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
      readinessProbe: { httpGet: { path: '/healthz', port: 'http' } },
    });
  });

  it('has a Service for its ports, and none without', () => {
    expect(workloadManifests(web).service).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', labels: { 'app.kubernetes.io/name': 'web' } },
      spec: {
        selector: { 'app.kubernetes.io/name': 'web' },
        ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
      },
    });
    expect(workloadManifests({ name: 'worker', image: 'x', readiness: { exec: { command: ['ok'] } } }).service).toBeUndefined();
  });

  it.each([
    ['a path', { http: '/ready', port: 9000 }, { httpGet: { path: '/ready', port: 9000 } }],
    ['Kubernetes’ own', { exec: { command: ['ready'] }, periodSeconds: 3 }, { exec: { command: ['ready'] }, periodSeconds: 3 }],
  ])('is probed by %s', (_kind, probe, expected) => {
    expect(dig(containerOf({ ...web, readiness: probe, liveness: probe }), 'readinessProbe')).toEqual(expected);
    expect(dig(containerOf({ ...web, liveness: probe }), 'livenessProbe')).toEqual(expected);
  });

  it('passes on the rest', () => {
    const resources = { requests: { cpu: '100m' }, limits: { memory: '64Mi' } };
    const { deployment } = workloadManifests({
      ...web,
      replicas: 3,
      command: ['/web'],
      args: ['-v'],
      env: { LEVEL: 'info', TOKEN: { secretKeyRef: { name: 's', key: 'k' } } },
      resources,
      user: 1000,
      pullSecrets: ['registry'],
      volumes: [
        { name: 'tmp', mountPath: '/tmp', emptyDir: {} },
        { name: 'ca', mountPath: '/ca', readOnly: true, configMap: { name: 'ca' } },
      ],
    });
    expect(deployment.spec.replicas).toBe(3);
    expect(deployment.spec.template.spec).toMatchObject({
      securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
      imagePullSecrets: [{ name: 'registry' }],
      volumes: [
        { name: 'tmp', emptyDir: {} },
        { name: 'ca', configMap: { name: 'ca' } },
      ],
      containers: [
        {
          command: ['/web'],
          args: ['-v'],
          env: [
            { name: 'LEVEL', value: 'info' },
            { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          ],
          resources,
          volumeMounts: [
            { name: 'tmp', mountPath: '/tmp' },
            { name: 'ca', mountPath: '/ca', readOnly: true },
          ],
        },
      ],
    });
  });
});
