const FACTORS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * A quantity as Kubernetes writes it (`500m`, `1.5Gi`, `2e3`), as a number; undefined where it is none.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseQuantity(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const match = typeof value === 'string' ? /^(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+)|([mkMGTPE]|[KMGTPE]i)?)$/.exec(value) : null;
  if (match === null) return undefined;
  const [, digits, exponent, unit = ''] = match;
  return exponent === undefined ? Number(digits) * (FACTORS[unit] ?? 1) : Number(`${digits}e${exponent}`);
}
