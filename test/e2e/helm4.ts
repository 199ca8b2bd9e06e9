import { goProgram } from './go-program.js';

/** The path of Helm 4: PATCHWAY_TEST_HELM4, or built from its published module. */
export async function helm4Path(): Promise<string> {
  return process.env.PATCHWAY_TEST_HELM4 ?? (await goProgram('helm.sh/helm/v4/cmd/helm', 'v4.3.1'));
}
