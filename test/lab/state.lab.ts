import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { appendFile, cp, readFile, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { CLUSTERS } from "../../lab/clusters.ts";
import { CHECKOUT, labPaths } from "../../lab/environment.ts";
import type { RunningLab } from "../../lab/lab.ts";
import { importsText } from "../providers/support/importsFixture.ts";
import { SecretSearch } from "../../lab/proofs/secretSearch.ts";
import { type FederatedLab, secrets, sharedLab } from "./sharedLab.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

/** Most that a dynamic provider's text may take of the state, per resource, in bytes. */
const PROVIDER_LIMIT = 1024;

interface Checkpoint {
  checkpoint: { latest: { resources: { type: string; inputs?: { __provider?: string } }[] } };
}

describe("the state of a federated stack", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  const stateFile = (name: string) =>
    join(labPaths(federated.lab.dir).state, ".pulumi", "stacks", "istio-federation", `${name}.json`);

  async function resourcesOf(name: string) {
    const { checkpoint } = JSON.parse(await readFile(stateFile(name), "utf8")) as Checkpoint;
    return checkpoint.latest.resources;
  }

  for (const { name } of CLUSTERS) {
    it(`holds no key and no token in clear: ${name}`, async () => {
      const text = await readFile(stateFile(name), "utf8");
      assert.match(text, /ciphertext/, "the keys are there, encrypted");
      assert.deepEqual(new SecretSearch(secrets).inText(name, text), []);
    });

    it(`holds of a dynamic provider the text that the program sends today, and no code: ${name}`, async () => {
      const imports = (await resourcesOf(name)).filter(({ type }) => type.endsWith(":ImportedServices"));
      assert.ok(imports.length > 0);
      for (const { inputs } of imports) assert.equal(inputs?.__provider, await importsText());
    });

    it(`holds ${PROVIDER_LIMIT} bytes of a dynamic provider at most, the way to its code: ${name}`, async () => {
      const texts = (await resourcesOf(name)).flatMap(({ inputs }) => inputs?.__provider ?? []);
      assert.ok(texts.length > 0);
      for (const text of texts) assert.ok(Buffer.byteLength(text) <= PROVIDER_LIMIT, `${text.length} bytes`);
    });
  }

  it("does not change when the code of a provider does, which every run takes from the program's folder", async () => {
    const copy = await copyProgram(federated.lab);
    const folder = join(copy, "providers/importedServices");
    for (const file of await readdir(folder))
      await appendFile(
        join(folder, file),
        "\n// A comment.\nexport const added = (): string => 'a function';\n",
      );
    const note = `import { writeFileSync as note } from "node:fs";\nnote("ran", "");\n`;
    await appendFile(join(folder, "handlers.ts"), note);

    const { exitCode, output } = await federated.stacks[0]!.run(
      "preview",
      "--expect-no-changes",
      "--cwd",
      copy,
    );
    assert.equal(exitCode, 0, output);
    assert.ok(existsSync(join(copy, "ran")), "the changed code is what ran");
  });
});

/** The program and the lab's stack files in another folder, to be changed there; it shares the checkout's packages. */
async function copyProgram(lab: RunningLab): Promise<string> {
  const copy = await temporaryFolder("changed-program");
  const parts = [
    "Pulumi.yaml",
    "package.json",
    "compileCache.ts",
    "sdkModules.ts",
    "index.ts",
    "components",
    "discovery",
    "federation",
    "kubernetes",
    "providers",
  ];
  for (const part of parts) await cp(join(CHECKOUT, part), join(copy, part), { recursive: true });
  await cp(labPaths(lab.dir).stacks, join(copy, "stacks"), { recursive: true });
  await symlink(join(CHECKOUT, "node_modules"), join(copy, "node_modules"));
  return copy;
}
