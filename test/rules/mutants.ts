import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** One expression with one mistake in it. */
export interface Mutant {
  /** What was done, and where. */
  readonly what: string;
  readonly expr: string;
}

/** Every expression that differs in one comparison, one number or range by a tenth, or lacks one side of a set operation. */
export function mutantsOf(expr: string): readonly Mutant[] {
  const mutants: Mutant[] = [];
  const replace = ({ from, to }: { readonly from: number; readonly to: number }, by: string, what: string) =>
    mutants.push({ what: `${what} at ${from}`, expr: expr.slice(0, from) + by + expr.slice(to) });
  const textOf = ({ from, to }: SyntaxNode) => expr.slice(from, to);
  parser.parse(expr).iterate({
    enter: ({ node, name }) => {
      for (const other of COMPARISONS[name] ?? []) replace(node, other, `${textOf(node)} → ${other}`);
      if (name === 'NumberDurationLiteral' && Number(textOf(node)) !== 0 && isLimit(node)) {
        for (const factor of [0.9, 1.1]) replace(node, String(Number(textOf(node)) * factor), `${textOf(node)} × ${factor}`);
      }
      if (name === 'NumberDurationLiteralInDurationContext') {
        for (const factor of [0.9, 1.1]) replace(node, `${Math.round(secondsOf(textOf(node)) * factor)}s`, `${textOf(node)} × ${factor}`);
      }
      if (name === 'And' || name === 'Unless' || name === 'Or') {
        const { parent } = node;
        const [left, right] = [parent?.firstChild, parent?.lastChild];
        if (parent && left) replace(parent, textOf(left), `without what follows ${name.toLowerCase()}`);
        if (parent && right && name === 'Or') replace(parent, textOf(right), 'without what precedes or');
      }
    },
  });
  return mutants;
}

const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  Gtr: ['<', '>='],
  Gte: ['<', '>'],
  Lss: ['>', '<='],
  Lte: ['>', '<'],
  Eql: ['!='],
  EqlC: ['!='],
  Neq: ['=='],
};

/** What is compared or divided; not `vector(1)`, nor the share of a quantile. */
function isLimit({ parent }: SyntaxNode): boolean {
  return parent?.name === 'BinaryExpr';
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

function secondsOf(duration: string): number {
  return Number.parseInt(duration, 10) * (UNITS[duration.slice(-1)] ?? Number.NaN);
}
