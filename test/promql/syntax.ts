import { parser } from '@prometheus-io/lezer-promql';

/** Where an expression is not PromQL: the text around each error; empty for a valid one. */
export function syntaxErrors(expression: string): readonly string[] {
  const errors: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) errors.push(`${expression.slice(0, from)}⟦${expression.slice(from, to)}⟧${expression.slice(to)}`);
    },
  });
  return errors;
}
