/** What a field must look like, in words. */
export interface Expectation {
  /** What is wrong with a value that does not. */
  readonly message: string;
  readonly expected: string;
}

const expectation = (message: string, expected: string): Expectation => ({ message, expected });

/** By the name that a schema gives as its message. */
export const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  object: expectation('This is not a group of fields.', 'an object'),
  list: expectation('This is not a list.', 'a list'),
  text: expectation('This is not text.', 'text that is not empty'),
  boolean: expectation('This is neither true nor false.', 'true or false'),
  autoRollback: expectation('This is no way to roll back.', "true, false or 'watch'"),
  dashboards: expectation('This is no way to deliver dashboards.', "true, false, 'sidecar', 'operator' or 'files'"),
  count: expectation('This is not a count.', 'a whole number, 0 or more'),
  positive: expectation('This is not a count of at least one.', 'a whole number, 1 or more'),
  probability: expectation('This is not a probability.', 'a number from 0 to 1, such as 0.5'),
  countOrPercent: expectation('This is neither a count nor a percentage.', "a whole number such as 1, or '0%' to '100%'"),
  name: expectation('This is not a name that objects can carry.', 'lower-case letters, digits and dashes, at most 30 characters'),
  namespace: expectation('This is not the name of a namespace.', 'lower-case letters, digits and dashes, at most 63 characters'),
  objectName: expectation('This is not the name of a Kubernetes object.', 'lower-case letters, digits, dashes and dots'),
  duration: expectation(
    'This is not a duration.',
    "a whole number and a unit, such as '30s', '10m', '48h', '7d' or '2w', at most ten years",
  ),
  alert: expectation('There is no such alert.', 'the name of an alert, as in docs/monitoring.md'),
  schedule: expectation('This is not a schedule.', "five-field cron such as '17 3 * * *'"),
  window: expectation(
    'This is no window.',
    '{ kind, schedule, duration } for one that comes again, or { kind, from, to } for one that comes once',
  ),
  day: expectation(
    'This is neither a date nor an instant.',
    "'2026-12-20', a day in the window's time zone, or with a time and an offset '2026-12-20T18:00:00Z'",
  ),
  context: expectation(
    "This is not the name of a context of kubectl's configuration.",
    'a name without spaces, as `kubectl config get-contexts` lists it',
  ),
  timeZone: expectation('This is not a time zone.', "an IANA name such as 'Europe/Berlin' or 'UTC'"),
  quantity: expectation('This is not an amount.', "Kubernetes' notation, such as '500m', '2' or '1Gi'"),
  budget: expectation(
    'This is not a disruption budget.',
    "{ maxUnavailable: 1 }, { minAvailable: '50%' } or 'none', with a count or a percentage",
  ),
  scanners: expectation('There is no scanner.', "at least one, such as { kind: 'grype' }"),
  stages: expectation('There is no stage.', "at least one, such as { name: 'production', namespace: 'shop' }"),
  after: expectation('These are no stages.', "a list of names, or { oneOf: ['europe', 'asia'] } where any one of them is enough"),
  anyOf: expectation('There is no stage.', 'the name of at least one stage'),
  engine: expectation('There is no such promotion engine.', "'jobs', 'github-actions' or 'gitlab-ci'"),
  publicKey: expectation(
    'This is not a public key that signatures can be verified with.',
    "a key in PEM (ECDSA P-256 or RSA), as in cosign's cosign.pub: '-----BEGIN PUBLIC KEY-----' and what follows",
  ),
  signed: expectation('This is not a repository.', "'ghcr.io/acme/web', or the beginning of it and an asterisk, such as 'ghcr.io/acme/*'"),
  verification: expectation(
    'This is no verification.',
    "one of { http: { url } }, { prometheus: { server, query, holds: '< 0.01', for: '5m' } } and { job: a pod's spec }",
  ),
  status: expectation('This is not the status of an answer.', 'a whole number from 100 to 599, such as 200'),
  condition: expectation('This is not a condition.', "a comparison and a number, such as '< 0.01' or '>= 0.99'"),
  containers: expectation('There is no container.', 'at least one, as in the spec of a pod'),
  url: expectation('This is not an address.', "one that starts with 'https://' or 'http://'"),
  words: expectation('This says nothing.', 'text that is not empty'),
  vulnerability: expectation('This is not the name of a vulnerability.', "one without spaces, such as 'CVE-2024-13176'"),
  package: expectation('This is not the name of a package.', "one without spaces, such as 'openssl'"),
  image: expectation(
    'This is neither a repository nor an image by its digest.',
    "'ghcr.io/acme/web' or 'ghcr.io/acme/web@sha256:…', without a tag, as tags move",
  ),
  expires: expectation(
    'This is neither a date nor an instant.',
    "'2027-01-31', whose end in the policy's time zone it is, or with a time and an offset '2027-01-31T18:00:00Z'",
  ),
  label: expectation('This is not the name of a Prometheus label.', 'letters, digits and underscores, not starting with a digit or __'),
};

/** What to write where a required field is missing. */
export const REQUIRED: Readonly<Record<string, string>> = {
  name: "Name it, such as name: 'shop'.",
  scan: "Write scan: { schedule: 'H 3 * * *', scanners: [{ kind: 'grype' }] }.",
  gate: "Write gate: { deadlines: { critical: '3d', high: '7d', medium: '30d', low: '90d' } }.",
  above: 'Write the probability above which it holds, such as above: 0.5.',
  deadline: "Write how long such a finding may stay, such as deadline: '7d'.",
  stages: "Write stages: [{ name: 'production', namespace: 'shop' }].",
  namespace: 'Name the Kubernetes namespace that this stage deploys to.',
  scanners: "Write scanners: [{ kind: 'grype' }].",
  containers: 'Write the spec of the pod that verifies: containers: [{ name, image }].',
  query: 'Write the PromQL whose result must hold.',
  holds: "Write what its result must be, such as holds: '< 0.01'.",
  server: 'Name the address at which the cluster reaches Prometheus.',
  for: "Write for how long it must hold, such as for: '5m'.",
  schedule: "Write five-field cron: '17 3 * * *' is every day at 03:17.",
  vulnerability: "Name it, such as vulnerability: 'CVE-2024-13176'.",
  reason: 'Write why the finding may stay.',
  approvedBy: 'Name who accepted it.',
  expires: "Write until when, such as expires: '2027-01-31': an exception without an end would be forgotten.",
  publicKey: 'Write the text of cosign.pub there.',
  from: "Write its first day, such as from: '2026-12-20'.",
  to: "Write its last day, such as to: '2027-01-03'.",
  duration: "Write how long the window lasts, such as duration: '6h'.",
};
