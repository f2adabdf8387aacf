import assert from "node:assert/strict";
import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext, statusFor } from "../../../lab/cluster/kubeconfig.ts";
import { MESH_CLUSTERS } from "../../../lab/clusters.ts";
import { federate } from "../../../lab/federate.ts";
import type { Lab } from "../../../lab/lab.ts";
import { stealCredential } from "../../../lab/proofs/peerCredential.ts";
import type { ProofContext } from "../../../lab/proofs/proof.ts";
import { Stack } from "../../../lab/pulumi.ts";
import { waitFor } from "../../../lab/ready.ts";
import { SINGLE_MESH, type Scenario } from "../../../lab/scenarios.ts";
import { useEveryOption } from "../everyOption.ts";
import { LabSecrets } from "../labSecrets.ts";
import { ownLab } from "../ownLab.ts";
import { expectNoSecrets } from "../../../lab/proofs/secretSearch.ts";
import { log } from "../sharedLab.ts";
import { expectStable } from "../stable.ts";
import { editedStackFile } from "../stackFile.ts";
import { testProofs } from "../testProofs.ts";

const OTHER_SERVER = `https://${MESH_CLUSTERS[1].network}.0.1:6443`;

/** One of the stacks uses every option. */
const EVERY_OPTION: Scenario = {
  ...SINGLE_MESH,
  changeStackFile: (stack, config) => {
    if (stack === "mesh-east") useEveryOption("single-mesh", config);
  },
};

// Not in the lab of the other tests, whose clusters are federated.
describe("two clusters in a single mesh", function () {
  this.timeout(1_200_000);
  let lab: Lab;
  let context: ProofContext;
  const secrets = new LabSecrets();

  ownLab(async (started) => {
    lab = started;
    context = { lab, stacks: await federate(lab, log, EVERY_OPTION) };
  }, EVERY_OPTION);

  it("have nothing to change where a stack uses every option, in a preview and after a refresh", () =>
    expectStable(new Stack("mesh-east", lab)));

  it("say in a preview who can issue certificates for whom", async () => {
    const { output } = await new Stack("mesh-east", lab).run("preview");
    assert.match(output, /trust domain cluster\.local is that of this cluster, west: .* no trust anchor/);
  });

  it("publish the lifetimes of credentials in clear, and no more of them", async () => {
    const { credentials, joined } = (await new Stack("mesh-east", lab).output("lastRun")) as {
      credentials: Record<string, object>;
      joined: unknown;
    };
    assert.deepEqual(Object.keys(credentials), ["west"]);
    assert.deepEqual(Object.keys(credentials["west"] ?? {}).sort(), ["expires", "hours", "issued"]);
    assert.equal(joined, "[secret]");
    assert.equal(await new Stack("mesh-east", lab).output("access"), "[secret]");
  });

  it("give a peer another credential for another life, which its istiod takes while it runs", async () => {
    await noteSecrets();
    const configFile = await editedStackFile(lab, "mesh-east", (config) => {
      config["istio-federation:singleMesh"] = {
        ...(config["istio-federation:singleMesh"] as object),
        tokenHours: 24,
      };
    });
    const before = await stealCredential(lab.kubeconfig, "west", "east");
    await new Stack("mesh-east", lab, { configFile }).up();
    await new Stack("mesh-west", lab).up();
    const after = await stealCredential(lab.kubeconfig, "west", "east");
    assert.notEqual(after.token, before.token);
    await noteSecrets();
    await new Stack("mesh-east", lab).up();
    await new Stack("mesh-west", lab).up();
  });

  it("refuse to tell peers of an API server that is another one than they say, before anything changes", async () => {
    const configFile = await editedStackFile(lab, "mesh-east", (config) => {
      config["istio-federation:singleMesh"] = {
        ...(config["istio-federation:singleMesh"] as object),
        apiServer: { server: OTHER_SERVER },
      };
    });
    const { exitCode, output } = await new Stack("mesh-east", lab, { configFile }).run("preview");
    assert.notEqual(exitCode, 0);
    assert.match(
      output,
      new RegExp(`singleMesh\\.apiServer: "${OTHER_SERVER}" has a certificate that .* does not vouch for`),
    );
  });

  it("go on when the credentials for each other are both refused: an update on either side gives new ones", async () => {
    const [east, west] = [new Stack("mesh-east", lab), new Stack("mesh-west", lab)];
    await noteSecrets();
    for (const [cluster, peer] of [
      ["east", "west"],
      ["west", "east"],
    ] as const) {
      await deleteReader(lab.kubeconfig, cluster, peer);
    }
    // API servers remember for 10 s whom they let in.
    const old = await stealCredential(lab.kubeconfig, "west", "east");
    const both = [old, await stealCredential(lab.kubeconfig, "east", "west")];
    await waitFor(
      "a credential still serves",
      async () => {
        const statuses = await Promise.all(both.map((each) => statusFor(each, "/api/v1/namespaces")));
        return statuses.every((status) => status === 401);
      },
      60,
    );
    const { output } = await east.run("up", "--refresh", "--yes", "--skip-preview");
    assert.match(
      output,
      /Peer west is pending: its API server .* refuses the credential .* on stack mesh-west/,
    );
    await west.run("up", "--refresh", "--yes", "--skip-preview");
    await east.up();
    const renewed = await stealCredential(lab.kubeconfig, "west", "east");
    assert.notEqual(renewed.token, old.token);
    await noteSecrets();
  });

  testProofs(EVERY_OPTION, () => context);

  it("keep their keys and credentials to themselves: logs and states have none in clear", async () => {
    await secrets.noteStates(lab, [...new Set(SINGLE_MESH.updates)]);
    expectNoSecrets(await secrets.findIn(lab.dir));
  });

  async function noteSecrets(): Promise<void> {
    for (const [cluster, peer] of [
      ["east", "west"],
      ["west", "east"],
    ] as const) {
      const { token } = await stealCredential(lab.kubeconfig, cluster, peer);
      secrets.texts.set(token, `${cluster}'s credential for ${peer}`);
    }
  }
});

/** Ends the credential that a cluster gave to a peer, as its team would. */
async function deleteReader(kubeconfig: string, cluster: string, peer: string): Promise<void> {
  const core = loadContext(kubeconfig, cluster).makeApiClient(CoreV1Api);
  const name = `istio-federation-reader-${peer}`;
  await core.deleteNamespacedServiceAccount({ namespace: "istio-system", name });
}
