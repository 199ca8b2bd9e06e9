import { fileURLToPath } from 'node:url';
import { Chart, type ChartProps, Cron, Duration, Include, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import type { Construct } from 'constructs';

const REGISTRY = 'registry.acme.example/bookshop';
const USER = { user: 1000, group: 1000 };
const resources = { cpu: { request: kplus.Cpu.millis(100) }, memory: { request: Size.mebibytes(128), limit: Size.mebibytes(256) } };

/** A shop that knows nothing of Patchway: ten workloads, as a team writes them with cdk8s-plus. */
export class Bookshop extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps) {
    super(scope, id, props);
    this.serving();
    this.working();
    this.storing();
    this.fromElsewhere();
  }

  private serving(): void {
    const shop = new kplus.Deployment(this, 'shop', { metadata: { name: 'shop' } });
    shop.addContainer({ ...container('shop:3'), name: 'shop', portNumber: 8080, readiness: kplus.Probe.fromHttpGet('/ready') });
    shop.exposeViaService({ name: 'shop', ports: [{ port: 80, targetPort: 8080 }] });
    new kplus.HorizontalPodAutoscaler(this, 'shop-scaler', { metadata: { name: 'shop' }, target: shop, maxReplicas: 10 });

    const api = new kplus.Deployment(this, 'api', { metadata: { name: 'api' }, replicas: 3, minReady: Duration.seconds(30) });
    api.addInitContainer({ ...container('api:5'), name: 'migrate', args: ['migrate'] });
    api.addContainer({ ...container('api:5'), name: 'api', portNumber: 8080, readiness: kplus.Probe.fromHttpGet('/ready') });
    api.addContainer({ ...container('proxy:1'), name: 'proxy', portNumber: 8443, readiness: kplus.Probe.fromTcpSocket() });
    api.exposeViaService({ name: 'api', ports: [{ port: 443, targetPort: 8443 }] });
  }

  private working(): void {
    const mailer = new kplus.Deployment(this, 'mailer', { metadata: { name: 'mailer' } });
    mailer.addContainer({ ...container('mailer:2'), name: 'mailer' });

    // Two of them at once would send everything twice.
    const ledger = new kplus.Deployment(this, 'ledger', {
      metadata: { name: 'ledger' },
      replicas: 1,
      strategy: kplus.DeploymentStrategy.recreate(),
    });
    ledger.addContainer({ ...container('ledger:1'), name: 'ledger' });

    const logs = new kplus.DaemonSet(this, 'logs', { metadata: { name: 'logs' } });
    logs.addContainer({ ...container('logs:1'), name: 'logs' });

    const reports = new kplus.CronJob(this, 'reports', {
      metadata: { name: 'reports' },
      schedule: Cron.schedule({ hour: '4', minute: '20' }),
      startingDeadline: Duration.hours(1),
    });
    reports.addContainer({ ...container('reports:2'), name: 'reports' });

    const seed = new kplus.Job(this, 'seed', { metadata: { name: 'seed' }, ttlAfterFinished: Duration.days(1) });
    seed.addContainer({ ...container('api:5'), name: 'seed', args: ['seed'] });
  }

  private storing(): void {
    const database = new kplus.StatefulSet(this, 'database', {
      metadata: { name: 'database' },
      replicas: 2,
      service: new kplus.Service(this, 'database-service', { metadata: { name: 'database' }, ports: [{ port: 5432 }] }),
    });
    database.addContainer({ ...container('database:16'), name: 'database', portNumber: 5432, readiness: kplus.Probe.fromTcpSocket() });
  }

  private fromElsewhere(): void {
    new Include(this, 'status', { url: fileURLToPath(new URL('vendor/status-page.yaml', import.meta.url)) });

    const labels = { app: 'legacy' };
    new kplus.k8s.KubeDeployment(this, 'legacy', {
      metadata: { name: 'legacy', annotations: { 'patchway.dev/ignore': 'Retired at the end of the year.' } },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'legacy', image: `${REGISTRY}/legacy:2019` }] } },
      },
    });
  }
}

function container(image: string) {
  return { image: `${REGISTRY}/${image}`, resources, securityContext: USER };
}
