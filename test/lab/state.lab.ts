import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { labPaths } from "../../lab/environment.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { type FederatedLab, sharedLab } from "./sharedLab.ts";

/** Most that a dynamic provider's text may take of the state, per resource, in bytes. */
const PROVIDER_LIMIT = 1024;

/** What never stands in clear in a state or a log: key material, bearer tokens, a kubeconfig's credentials. */
const SECRETS = /PRIVATE KEY|eyJhbGciOi|client-key-data|client-certificate-data|certificate-authority-data/;

interface Checkpoint {
  checkpoint: { latest: { resources: { type: string; inputs?: { __provider?: string } }[] } };
}

describe("the state of a federated stack", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  const stateFile = (name: string) =>
    join(labPaths(federated.lab.dir).state, ".pulumi", "stacks", "istio-federation", `${name}.json`);

  for (const { name } of CLUSTERS) {
    it(`holds no key and no token in clear: ${name}`, async () => {
      const text = await readFile(stateFile(name), "utf8");
      assert.match(text, /ciphertext/, "the keys are there, encrypted");
      assert.doesNotMatch(text, SECRETS);
    });

    it(`holds ${PROVIDER_LIMIT} bytes of a dynamic provider at most, the way to its code: ${name}`, async () => {
      const { checkpoint } = JSON.parse(await readFile(stateFile(name), "utf8")) as Checkpoint;
      const texts = checkpoint.latest.resources.flatMap(({ inputs }) => inputs?.__provider ?? []);
      assert.ok(texts.length > 0);
      for (const text of texts) assert.ok(Buffer.byteLength(text) <= PROVIDER_LIMIT, `${text.length} bytes`);
    });
  }

  it("is not betrayed by what the runs printed", async () => {
    const { logs } = labPaths(federated.lab.dir);
    const printed = (await readdir(logs)).filter((file) => file.startsWith("pulumi-"));
    assert.ok(printed.length > 0);
    for (const file of printed) assert.doesNotMatch(await readFile(join(logs, file), "utf8"), SECRETS);
  });
});
