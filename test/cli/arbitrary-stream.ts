import fc from 'fast-check';
import { toYaml } from '../../src/manifest/yaml.js';

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

const leaf = fc.oneof(
  fc.constantFrom<Value>(
    'x',
    'a b',
    'yes',
    '1.10',
    '12:30',
    '',
    '# no comment',
    '{{ x }}',
    "it's",
    'line\nline\n',
    'line\n\n  more',
    'é: ü',
    0,
    1.5,
    -3,
    true,
    false,
    null,
  ),
  fc.string({ maxLength: 8 }),
);
const fields = (value: fc.Arbitrary<Value>) =>
  fc.dictionary(fc.constantFrom('a', 'b', 'x-y', 'on', 'key with spaces', '1'), value, { maxKeys: 3 });
const { anything } = fc.letrec<{ anything: Value }>((tie) => ({
  anything: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('anything'), { maxLength: 3 }),
    fields(tie('anything')),
  ),
}));

const image = fc.constantFrom('nginx:1.27', 'busybox', 'docker.io/library/nginx:1.27');
const container = fc.record(
  {
    name: fc.constantFrom('web', 'side', 'wait'),
    image,
    ports: fc.constant([{ containerPort: 80 }]),
    env: anything,
    lifecycle: fc.constantFrom<Value>(null, {}),
  },
  { requiredKeys: ['name', 'image'] },
);
const labels = fc.constantFrom<Value>({ app: 'web' }, { app: 'web', tier: 'a' });
const podSpec = fc.record(
  {
    containers: fc.array(container, { minLength: 1, maxLength: 3 }),
    initContainers: fc.array(container, { maxLength: 2 }),
    terminationGracePeriodSeconds: fc.constantFrom<Value>(1, 30, 60, null),
    topologySpreadConstraints: fc.constantFrom<Value>([], null),
    unknown: anything,
  },
  { requiredKeys: ['containers'] },
);
const template = fc.record({ metadata: fc.record({ labels }), spec: podSpec });
const strategy = fc.constantFrom<Value>(
  null,
  {},
  { type: 'RollingUpdate' },
  { rollingUpdate: null },
  { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
);
const metadata = fc.record(
  {
    name: fc.constantFrom('web', 'api'),
    labels: fc.oneof(labels, fc.constantFrom<Value>(null, {})),
    annotations: fields(fc.constant('x')),
  },
  { requiredKeys: ['name'] },
);
const typed = (apiVersion: string, kind: string, spec: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.record(
    { apiVersion: fc.constant(apiVersion), kind: fc.constant(kind), metadata, spec, unknown: anything },
    { requiredKeys: ['apiVersion', 'kind', 'metadata', 'spec'] },
  );
const rolled = (field: string): fc.Arbitrary<Value> =>
  fc
    .record(
      {
        selector: fc.record({ matchLabels: labels }),
        template,
        replicas: fc.constantFrom(2, 3),
        [field]: strategy,
        minReadySeconds: fc.constantFrom<Value>(0, null),
        unknown: anything,
      },
      { requiredKeys: ['selector', 'template'] },
    )
    .map((spec): Value => JSON.parse(JSON.stringify(spec)));

const object: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: typed('apps/v1', 'Deployment', rolled('strategy')) },
  typed('apps/v1', 'StatefulSet', rolled('updateStrategy')),
  typed('apps/v1', 'DaemonSet', rolled('updateStrategy')),
  typed('batch/v1', 'CronJob', fc.record({ jobTemplate: fc.record({ spec: fc.record({ template }) }) })),
  typed('batch/v1', 'Job', fc.record({ template })),
  typed('v1', 'Pod', podSpec),
  typed('v1', 'ConfigMap', anything),
  typed('example.com/v1', 'Deployment', anything),
);
const document = fc.oneof(
  { weight: 4, arbitrary: object },
  fc.record({ apiVersion: fc.constant('v1'), kind: fc.constant('List'), items: fc.array(object, { maxLength: 3 }) }),
);

/** Kubernetes objects of all sorts, and a text that says them: in every style that YAML has, with comments and anchors. */
export const anyStream = fc
  .record({
    documents: fc.array(document, { maxLength: 3 }),
    choices: fc.array(fc.nat(999), { minLength: 1, maxLength: 400 }),
    crlf: fc.boolean(),
    end: fc.boolean(),
    bom: fc.boolean(),
  })
  .map(({ documents, choices, crlf, end, bom }) => {
    const writer = new Writer(choices);
    const text = documents.map((each, index) => writer.document(each, index)).join('');
    const trimmed = end || /[|>][-+]?\n/.test(text) ? text : text.trimEnd();
    return { documents, text: `${bom ? '\ufeff' : ''}${crlf ? trimmed.replaceAll('\n', '\r\n') : trimmed}` };
  });

class Writer {
  #comments = 0;
  #at = 0;
  #anchors = new Map<string, string>();
  readonly #choices: readonly number[];

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  document(value: Value, index: number): string {
    this.#anchors = new Map();
    const start = index > 0 || this.#chance(3) ? `---${this.#comment()}\n` : '';
    const body = this.#chance(6) || !isFilled(value) ? `${this.#flow(value)}\n` : this.#block(value, 0);
    return `${start}${this.#line(0)}${body}${this.#chance(5) ? '...\n' : ''}`;
  }

  /** A collection on lines of its own. */
  #block(value: readonly Value[] | { readonly [key: string]: Value }, indent: number): string {
    const pad = ' '.repeat(indent);
    if (Array.isArray(value)) return value.map((item) => `${this.#line(indent)}${pad}-${this.#item(item, indent)}`).join('');
    return this.#fields(value as { readonly [key: string]: Value }, indent, pad);
  }

  #fields(value: { readonly [key: string]: Value }, indent: number, first: string): string {
    return Object.entries(value)
      .map(
        ([key, field], index) =>
          `${index === 0 ? first : `${this.#line(indent)}${' '.repeat(indent)}`}${this.#scalar(key)}:${this.#behind(field, indent, isList(field) ? this.#pick(0, 2) : this.#pick(2, 4))}`,
      )
      .join('');
  }

  #item(item: Value, indent: number): string {
    const gap = this.#pick(1, 3);
    const known = this.#known(item);
    if (known === undefined && isFilled(item) && !isList(item) && !this.#chance(4))
      return this.#fields(item, indent + 1 + gap, ' '.repeat(gap));
    return this.#behind(item, indent, 2, known);
  }

  /** What follows a colon or dash, with its line break. */
  #behind(value: Value, indent: number, deeper: number, known = this.#known(value)): string {
    if (known !== undefined) return ` ${known}${this.#comment()}\n`;
    const anchor = this.#anchor(value);
    if (isFilled(value) && !this.#chance(4)) return `${anchor}${this.#comment()}\n${this.#block(value, indent + deeper)}`;
    if (typeof value === 'object' && value !== null) return `${anchor} ${this.#flow(value)}${this.#comment()}\n`;
    if (value === null) return `${anchor}${['', ' null', ' ~'][this.#next(3)]}${this.#comment()}\n`;
    if (
      typeof value === 'string' &&
      /^\S[\s\S]*\n/.test(value) &&
      this.#chance(2) &&
      /^[\n\x20-\x7e]*$/.test(value) &&
      !/ \n|\s$/.test(value.replace(/\n$/, ''))
    )
      return `${anchor} |${value.endsWith('\n') ? '' : '-'}\n${value
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => (line === '' ? '\n' : `${' '.repeat(indent + 2)}${line}\n`))
        .join('')}`;
    return `${anchor} ${this.#scalar(value)}${this.#comment()}\n`;
  }

  #flow(value: Value): string {
    if (Array.isArray(value)) return `[${value.map((item) => this.#flow(item)).join(this.#chance(3) ? ' ,  ' : ', ')}]`;
    if (typeof value === 'object' && value !== null) {
      const pairs = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${this.#flow(item)}`);
      return `{${this.#chance(3) ? ' ' : ''}${pairs.join(', ')}${pairs.length > 0 && this.#chance(4) ? ', ' : ''}}`;
    }
    return JSON.stringify(value);
  }

  #scalar(value: string | number | boolean): string {
    const plain = toYaml([value]).slice(0, -1);
    if (typeof value !== 'string') return plain;
    if (/^[\x20-\x7e]*$/.test(value) && this.#chance(3)) return `'${value.replaceAll("'", "''")}'`;
    return plain.includes('\n') || this.#chance(3)
      ? JSON.stringify(value).replace(
          /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
          (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
        )
      : plain;
  }

  #known(value: Value): string | undefined {
    const name = this.#anchors.get(JSON.stringify(value));
    return name !== undefined && this.#chance(2) ? `*${name}` : undefined;
  }

  #anchor(value: Value): string {
    if (!this.#chance(8)) return '';
    const name = `a${this.#anchors.size}${this.#at}`;
    this.#anchors.set(JSON.stringify(value), name);
    return ` &${name}`;
  }

  #comment(): string {
    return this.#chance(5) ? `${this.#chance(2) ? ' ' : '   '}# comment ${this.#comments++}` : this.#chance(8) ? '  ' : '';
  }

  /** Now and then a comment or an empty line before the next. */
  #line(indent: number): string {
    if (this.#chance(12)) return `${' '.repeat(this.#pick(0, indent))}# comment ${this.#comments++}\n`;
    return this.#chance(16) ? '\n' : '';
  }

  #pick(first: number, second: number): number {
    return this.#chance(3) ? second : first;
  }

  /** Once in so many times; never where the choices have run out into noughts. */
  #chance(times: number): boolean {
    return this.#next(times) === times - 1;
  }

  #next(below: number): number {
    const choice = this.#choices[this.#at % this.#choices.length] ?? 0;
    this.#at += 1;
    return choice % below;
  }
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function isFilled(value: Value): value is readonly Value[] | { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
