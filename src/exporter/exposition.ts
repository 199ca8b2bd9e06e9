export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One gauge and its values. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The media type of what `exposition` writes. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Gauges in Prometheus' text format. One without a value is left out: absent says "not known", and 0 would say "none".
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function exposition(gauges: readonly Gauge[]): string {
  return gauges
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, samples }) =>
      [
        `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`,
        `# TYPE ${name} gauge`,
        ...samples.map(({ labels, value }) => `${name}{${labelList(labels)}} ${value}`),
        '',
      ].join('\n'),
    )
    .join('');
}

function labelList(labels: Sample['labels']): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`)
    .join(',');
}

/** An RFC 3339 instant as Prometheus counts time. */
export function epochSeconds(instant: string): number {
  return Date.parse(instant) / 1000;
}
