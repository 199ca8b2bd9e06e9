import { parseInstant } from '../gate/instant.js';
import { PatchwayError } from '../problem.js';
import { FREEZE, type Freeze, freezeAt, readPeople, written } from '../promotion/people.js';
import type { Io } from './io.js';
import { atDesk, type Connect, type PeopleOptions } from './people.js';

export interface FreezeOptions extends PeopleOptions {
  readonly reason: string;
  /** RFC 3339. @default until `patchway unfreeze` */
  readonly until?: string;
}

/**
 * `patchway freeze`: stops the promotions to a stage. What is under way comes to its end, and a rollback never waits.
 * @throws PatchwayError 64 for an end that is none, 1 where the API server refuses
 */
export function freeze(options: FreezeOptions, io: Io, connect?: Connect): Promise<0> {
  const until = options.until === undefined ? undefined : endOf(options.until, io.now());
  if (options.reason.trim() === '') throw new PatchwayError('--reason: write why, for those who wait.', { exitCode: 64 });
  return atDesk<0>(
    options,
    io,
    async (desk) => {
      const by = await desk.whoAmI();
      const at = new Date(io.now()).toISOString();
      const value: Freeze = { by, at, reason: options.reason.trim(), ...(until === undefined ? {} : { until }) };
      await desk.write({ [FREEZE]: written(value) });
      io.out(`Promotion to ${desk.stage.name} is frozen by ${by}${until === undefined ? '' : ` until ${until}`}.\n`);
      return 0;
    },
    connect,
  );
}

/** `patchway unfreeze`: lets the promotions to a stage go on. */
export function unfreeze(options: PeopleOptions, io: Io, connect?: Connect): Promise<0> {
  return atDesk<0>(
    options,
    io,
    async (desk) => {
      const { stage } = desk;
      if (freezeAt(readPeople(desk.data), io.now()) === undefined) io.out(`Promotion to ${stage.name} is not frozen.\n`);
      else {
        await desk.write({ [FREEZE]: undefined });
        io.out(`Promotion to ${stage.name} goes on with its next run.\n`);
      }
      return 0;
    },
    connect,
  );
}

function endOf(text: string, now: number): string {
  const at = parseInstant(text);
  if (at !== undefined && at > now) return new Date(at).toISOString();
  const why = at === undefined ? 'this is not an instant' : 'this is over';
  throw new PatchwayError(`--until ${text}: ${why}. Write one to come, with its offset: 2026-12-14T00:00:00Z.`, { exitCode: 64 });
}
