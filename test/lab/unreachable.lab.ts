import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Stack } from "../../lab/pulumi.ts";
import { type FederatedLab, sharedLab } from "./sharedLab.ts";
import { editedStackFile } from "./stackFile.ts";
import { temporaryFolder } from "./temporaryFolder.ts";

describe("a cluster that cannot be reached", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  async function unreachableKubeconfig(): Promise<string> {
    const kubeconfig = await readFile(federated.lab.kubeconfig, "utf8");
    const path = join(await temporaryFolder("unreachable"), "kubeconfig");
    // Nothing listens on the discard port.
    const text = kubeconfig.replaceAll(/server: .*/g, "server: https://127.0.0.1:9");
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  it("offers in a preview what it last published, with a warning that says so", async () => {
    const path = await unreachableKubeconfig();
    const configFile = await editedStackFile(federated.lab, "cluster-a", (config) => {
      Object.assign(config["istio-federation:kubeconfig"] as object, { path });
    });
    const { exitCode, output } = await new Stack("cluster-a", federated.lab, { configFile }).run(
      "preview",
      "--diff",
    );
    assert.equal(exitCode, 0, output);
    assert.match(output, /Cluster cluster-a cannot be reached: the exports last published stay/);
    assert.doesNotMatch(output, /- foo\.abc\.svc\.cluster-a\.local/);
    assert.doesNotMatch(output, /[~+-] federation *:/, "the contract stays as it is");
  });

  it("plans the imports of a peer in another backend, whose contract is a file", async () => {
    const { lab } = federated;
    const folder = await temporaryFolder("other-backend");
    const file = join(folder, "cluster-b.json");
    await writeFile(file, JSON.stringify(await new Stack("cluster-b-contract", lab).output("federation")));
    const path = await unreachableKubeconfig();
    const configFile = await editedStackFile(lab, "cluster-a", (config) => {
      Object.assign(config["istio-federation:kubeconfig"] as object, { path });
      config["istio-federation:peers"] = { "cluster-b": { file } };
    });
    const environment = { ...lab.environment, PULUMI_BACKEND_URL: `file://${folder}` };
    const stack = new Stack("cluster-a", { dir: lab.dir, environment }, { configFile });
    await stack.ensure();
    const { exitCode, output } = await stack.run("preview");
    assert.equal(exitCode, 0, output);
    assert.match(output, /adds 1 service \(bar\.xyz\.svc\.cluster-b\.local\)/);
    assert.doesNotMatch(output, /cluster-b is pending/);
  });
});
