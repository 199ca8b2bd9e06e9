import { dig } from '../manifest/dig.js';
import { names } from '../manifest/names.js';
import { PatchwayError } from '../problem.js';
import { describeImage, repositoryOf } from '../promotion/images.js';
import { parseState } from '../promotion/parse-state.js';
import { APPROVAL_MS, type Approval, approvalKey, written } from '../promotion/people.js';
import type { PromotedImage } from '../promotion/state.js';
import type { Io } from './io.js';
import { atDesk, type Connect, type Desk, type PeopleOptions } from './people.js';

export interface ApproveOptions extends PeopleOptions {
  /** Digests of what waits, in full or their first twelve digits and more. */
  readonly digest: readonly string[];
}

/**
 * `patchway approve`: says yes to images that wait to be promoted, by their digests and as whoever calls it. It counts for
 * seven days. 2 where no such image waits.
 * @throws PatchwayError 64 for a stage that asks nobody, 1 where the API server refuses
 */
export function approve(options: ApproveOptions, io: Io, connect?: Connect): Promise<0 | 2> {
  return atDesk<0 | 2>(
    options,
    io,
    async (desk) => {
      const { stage } = desk;
      if (stage.approval !== 'manual') {
        throw new PatchwayError(`--stage ${stage.name}: its images need no approval. Set approval: manual to be asked.`, { exitCode: 64 });
      }
      const waiting = await waitingImages(desk);
      const found = options.digest.map((digest) => ({ digest, image: imageOf(waiting, digest) }));
      const unknown = found.filter(({ image }) => image === undefined).map(({ digest }) => digest);
      if (unknown.length > 0) {
        const list = waiting.map(({ reference, image }) => `  ${describeImage(reference, image)}  ${image.digest}\n`);
        const instead = list.length === 0 ? 'Nothing waits there.\n' : `What waits is\n${list.join('')}`;
        io.err(`${unknown.join(', ')} does not wait to be promoted to ${stage.name}. ${instead}`);
        return 2;
      }
      const by = await desk.whoAmI();
      const at = new Date(io.now()).toISOString();
      const until = new Date(io.now() + APPROVAL_MS).toISOString();
      const entries = found.flatMap(({ image }) => {
        if (image === undefined) return [];
        const approval: Approval = { by, at, stage: stage.name, repository: repositoryOf(image.reference), digest: image.image.digest };
        io.out(`${describeImage(image.reference, image.image)} is approved for ${stage.name} by ${by}, until ${until}.\n`);
        return [[approvalKey(approval), written(approval)] as const];
      });
      await desk.write(Object.fromEntries(entries));
      return 0;
    },
    connect,
  );
}

interface Waiting {
  readonly reference: string;
  readonly image: PromotedImage;
}

/** The images of the candidate, as the promotion has stored it. */
async function waitingImages({ cluster, stage: { name, namespace } }: Desk): Promise<readonly Waiting[]> {
  const configMap = names.promotion(name);
  const text = dig(await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/${configMap}`), 'data', 'state');
  const state = parseState(typeof text === 'string' ? text : undefined, `ConfigMap ${namespace}/${configMap}, data.state`);
  const images = Object.values(state?.candidate?.digests ?? {}).flatMap((set) =>
    Object.entries(set).map(([reference, image]) => [`${reference}@${image.digest}`, { reference, image }] as const),
  );
  return [...new Map(images).values()];
}

/** Twelve hex digits are what logs show. */
const SHORT = /^(sha256:)?[0-9a-f]{12,64}$/;

function imageOf(waiting: readonly Waiting[], digest: string): Waiting | undefined {
  if (!SHORT.test(digest)) return undefined;
  const wanted = `sha256:${digest.replace(/^sha256:/, '')}`;
  return waiting.find(({ image }) => image.digest.startsWith(wanted));
}
