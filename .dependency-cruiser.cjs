const capabilities = 'gate|scan|remedy|rollout|rules|exporter|promotion|guard|checks|dashboards';
const engines = '^node_modules/(constructs|cdk8s|cdk8s-plus-28|@pulumi)/';

/** The arrows between layers, as CONTRIBUTING.md draws them. */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'vocabulary-imports-no-capability',
      severity: 'error',
      from: { path: '^src/(policy|lock|manifest)/' },
      to: { path: `^src/(${capabilities}|agent|cli)/|^src/(plan|cdk8s|main|testing)\\.ts` },
    },
    {
      name: 'capabilities-never-import-one-another',
      severity: 'error',
      from: { path: `^src/(${capabilities})/` },
      to: { path: `^src/(${capabilities})/`, pathNot: '^src/$1/' },
    },
    {
      name: 'capabilities-import-no-adapter-and-no-effect',
      severity: 'error',
      from: { path: `^src/(${capabilities})/` },
      to: { path: '^src/(agent|cli)/|^src/(plan|cdk8s|main|testing)\\.ts' },
    },
    {
      name: 'only-adapters-import-engines',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cdk8s(\\.ts|/)' },
      to: { path: engines },
    },
    {
      name: 'adapters-never-import-one-another',
      severity: 'error',
      from: { path: '^src/cdk8s(\\.ts|/)' },
      to: { path: '^src/(cli|agent)/|^src/main\\.ts' },
    },
    {
      name: 'dashboards-are-built-with-the-package',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/dashboards/' },
      to: { path: '^src/dashboards/', pathNot: '^src/dashboards/manifests' },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/' }, to: {} },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
