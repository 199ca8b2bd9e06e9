import type { Decision } from './situation.js';

/** What a decision means, in lines for whoever reads a log. */
export function storyOf(decision: Decision): readonly string[] {
  const { because } = decision;
  switch (decision.kind) {
    case 'wait':
      return [`wait: ${because}${decision.until === undefined ? '' : ` Not before ${instant(decision.until)}.`}`];
    case 'blocked':
      return [`blocked: ${because} ${decision.unblock}`];
    case 'foreignChange':
      return [`changed by somebody else: ${because} ${decision.unblock}`];
    case 'verify':
      return [`${decision.ask === undefined ? 'rolling out' : 'verifying'}, until ${instant(decision.until)} at the latest: ${because}`];
    case 'record':
      return [`${decision.outcome === 'promoted' ? 'promoted' : 'rolled back'}: ${because}`];
    case 'again':
      return [`decided afresh: ${because}`];
    case 'rollBack':
      return [`roll back: ${because}`];
    default:
      return [`${decision.kind}: ${because}`];
  }
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
