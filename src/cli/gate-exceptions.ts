import type { ExceptionUse } from '../gate/exception-use.js';
import { toMs } from '../gate/instant.js';
import { printable, roughly } from './gate-words.js';

/** The policy's exceptions for a person, those about other images left out. */
export function exceptionsText(uses: readonly ExceptionUse[], asOf: number): string {
  const here = uses.filter(({ state }) => state !== 'elsewhere');
  if (here.length === 0) return '';
  return `Exceptions:\n${here.map((use) => `  ${lineOf(use, asOf)}\n`).join('')}\n`;
}

function lineOf({ exception, state, expiring, findings }: ExceptionUse, asOf: number): string {
  const { vulnerability, package: name, image, stage, reason, approvedBy, expires } = exception;
  const where = [name && `in ${name}`, image && `of ${image}`, stage && `for ${stage}`].filter(Boolean).join(' ');
  const what = where === '' ? vulnerability : `${vulnerability} ${where}`;
  const distance = roughly(Math.abs(toMs(expires) - asOf));
  const why = `(${reason}; accepted by ${approvedBy})`;
  const again = findings.length === 0 ? 'it is about no finding: remove it' : 'its findings count again';
  const words = {
    used: `until ${expires}, in ${distance}`,
    unused: 'is about no finding of these images: remove it, or correct what it names',
    expired: `ended ${expires}, ${distance} ago; ${again}`,
    elsewhere: '',
  }[state];
  return printable(`${(expiring ? 'expiring' : state).padEnd(8)} ${what}: ${words} ${why}`);
}

/** The policy's exceptions as JSON. */
export function exceptionsJson(uses: readonly ExceptionUse[]) {
  return uses.map(({ exception, state, expiring, findings }) => ({
    vulnerability: exception.vulnerability,
    package: exception.package ?? null,
    image: exception.image ?? null,
    stage: exception.stage ?? null,
    reason: exception.reason,
    approvedBy: exception.approvedBy,
    expires: exception.expires,
    state,
    expiring,
    findings,
  }));
}
