/** From the most to the least severe. */
export const SEVERITIES: readonly string[] = ['critical', 'high', 'medium', 'low', 'unknown'];

/** By severity, as Grafana calls colours. */
export const SEVERITY_COLORS: Readonly<Record<string, string>> = {
  critical: 'dark-red',
  high: 'orange',
  medium: 'yellow',
  low: 'blue',
  unknown: 'purple',
};
