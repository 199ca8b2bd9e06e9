import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, it } from 'vitest';
import { boards } from '../../src/dashboards/boards.js';
import { SEVERITIES } from '../../src/dashboards/severities.js';
import { STEPS } from '../../src/dashboards/steps.js';
import { FINDING_SEVERITIES, PROMOTION_STEPS } from '../../src/exporter/state.js';
import { syntaxErrors } from '../promql/syntax.js';
import { queriesOf } from './queries.js';
import { story } from './story.js';

const all = boards();
const panelsOf = ({ panels = [] }: Dashboard) => panels as readonly Panel[];
const panels = all.flatMap((board) => panelsOf(board).map((panel) => [`${board.title}: ${panel.title}`, panel] as const));
const queries = all.flatMap(queriesOf);

describe('the dashboards', () => {
  it('keep their addresses', () => {
    expect(all.map(({ uid }) => uid)).toEqual(['patchway-fleet', 'patchway-workload', 'patchway-promotion']);
  });

  it('are the same each time', () => {
    expect(JSON.stringify(boards())).toBe(JSON.stringify(all));
  });

  it.each(all.map((board) => [board.title, board] as const))(
    '%s lets its reader choose the data source, and what it is about',
    (_, board) => {
      const names = board.templating.list?.map(({ name }) => name);
      expect(names?.slice(0, 4)).toEqual(['datasource', 'policy', 'stage', 'namespace']);
      expect(names?.slice(4)).toEqual(board.uid === 'patchway-workload' ? ['workload'] : []);
    },
  );

  it('lead from a workload of the fleet to its dashboard', () => {
    const text = JSON.stringify(all[0]);
    expect(text).toContain(
      '/d/patchway-workload?var-datasource=$datasource&var-policy=${__data.fields.Policy}&var-stage=${__data.fields.Stage}' +
        '&var-namespace=${__data.fields.Namespace}&var-workload=${__data.fields.Workload}',
    );
  });

  it('know every step of a promotion and every severity, as the exporter does', () => {
    expect(STEPS.map(({ state }) => state)).toEqual(PROMOTION_STEPS);
    expect(SEVERITIES).toEqual(FINDING_SEVERITIES);
  });
});

describe.each(panels)('%s', (_, panel) => {
  it('says what it means, in which unit, and judges by thresholds or not on purpose', () => {
    expect(panel.title).toMatch(/^[A-Z].*[^.]$/);
    expect(panel.description).toMatch(/^[A-Z].{20,}\.$/);
    const { unit, thresholds } = panel.fieldConfig?.defaults ?? {};
    expect(unit).toMatch(/^[a-zA-Z]+$/);
    expect(thresholds?.steps[0]).toMatchObject({ value: null, color: expect.stringMatching(/^[a-z-]+$/) });
  });

  it('asks the data source that was chosen', () => {
    expect(panel.datasource).toEqual({ type: 'prometheus', uid: '$datasource' });
    for (const target of panel.targets ?? []) expect(target).toHaveProperty('datasource.uid', '$datasource');
    expect(panel.targets?.map((target) => 'refId' in target && target.refId)).toEqual([
      ...new Set('ABCDEFGHIJ'.slice(0, panel.targets?.length)),
    ]);
  });
});

describe.each(all.map((board) => [board.title, panelsOf(board)] as const))('the layout of %s', (_, laid) => {
  it('fills 24 columns with panels that do not overlap', () => {
    const taken = new Set<string>();
    for (const { gridPos } of laid) {
      const { x, y, w, h } = gridPos ?? { x: 0, y: 0, w: 0, h: 0 };
      expect(x + w).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          expect(taken.has(`${column} ${row}`), `${column} ${row} is taken`).toBe(false);
          taken.add(`${column} ${row}`);
        }
      }
    }
    const bottom = Math.max(...laid.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)));
    expect(taken.size).toBe(24 * bottom);
  });

  it('numbers its panels', () => {
    expect(laid.map(({ id }) => id)).toEqual(laid.map((_panel, index) => index + 1));
  });
});

describe('queries', () => {
  const served = new Set(
    Object.values(story(0, Date.parse('2026-11-21T12:00:00Z'))).flatMap((text) => text.match(/^patchway_\w+/gm) ?? []),
  );
  // Its own documents: docs/metrics/workload in its repository.
  const kubeState =
    /^kube_(deployment_(spec_replicas|status_replicas_(updated|available|unavailable))|statefulset_(replicas|status_replicas_(updated|available))|daemonset_status_(desired_number_scheduled|updated_number_scheduled|number_available))$/;
  const notInTheStory = ['patchway_promotion_blocked_timestamp_seconds'];

  it.each(queries.map((query) => [`${query.board}: ${query.title}`, query.expr] as const))(
    '%s is PromQL of metrics that are served',
    (_, expr) => {
      expect(expr).not.toBe('');
      expect(syntaxErrors(expr)).toEqual([]);
      for (const name of expr.match(/\b(patchway|kube)_\w+/g) ?? []) {
        expect(served.has(name) || kubeState.test(name) || notInTheStory.includes(name), name).toBe(true);
      }
    },
  );

  it('narrow to the chosen policy or namespace, each of them but the first variable', () => {
    const wide = queries.filter(({ expr }) => !/="\$(policy|namespace)"|=~"\$(policy|namespace)"/.test(expr));
    expect(wide.map(({ title }) => title)).toEqual(['policy', 'policy', 'policy']);
  });
});
