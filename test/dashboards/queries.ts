import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

/** A query of a dashboard, with where it stands. */
export interface BoardQuery {
  readonly board: string;
  /** The panel's, annotation's or variable's title. */
  readonly title: string;
  readonly kind: 'panel' | 'annotation' | 'variable';
  readonly expr: string;
}

/** Every query that a dashboard makes; a variable's is the selector whose label it lists. */
export function queriesOf({ title: board = '', panels = [], annotations, templating }: Dashboard): readonly BoardQuery[] {
  const targets = panels.flatMap((panel) =>
    'targets' in panel ? (panel.targets ?? []).map((each) => [panel.title ?? '', each] as const) : [],
  );
  return [
    ...targets.map(([title, target]) => ({ board, title, kind: 'panel' as const, expr: 'expr' in target ? String(target.expr) : '' })),
    ...(annotations.list ?? []).map(({ name, expr = '' }) => ({ board, title: name, kind: 'annotation' as const, expr })),
    ...(templating.list ?? [])
      .filter(({ type }) => type === 'query')
      .map(({ name, query }) => ({
        board,
        title: name,
        kind: 'variable' as const,
        expr: /^label_values\((.*), \w+\)$/.exec(String(query))?.[1] ?? '',
      })),
  ];
}

/** A query as Grafana sends it, with these choices for its variables. */
export function withChoices(expr: string, choices: Readonly<Record<string, string>>): string {
  return expr.replace(/\$(\w+)/g, (_, name: string) => choices[name] ?? `$${name}`);
}
