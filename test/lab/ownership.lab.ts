import assert from "node:assert/strict";
import { Stack } from "../../lab/pulumi.ts";
import { IMPORTS, importedHosts, objectsOf } from "./importedHosts.ts";
import { peerC } from "./peerC.ts";
import { CONTRACT_OF_C } from "./publishedStack.ts";
import { type FederatedLab, sharedLab } from "./sharedLab.ts";

const BAZ = "baz.team.svc.cluster-c.local";
const BAR = "bar.xyz.svc.cluster-b.local";

describe("an entry that somebody else made under the name of an import", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  it("is neither touched nor adopted: `up` names it and its owner in an error, and does all else", async () => {
    const { lab } = federated;
    const stack = new Stack("cluster-a", lab);
    const objects = objectsOf(lab, "cluster-a");
    const spec = {
      hosts: [BAZ],
      location: "MESH_EXTERNAL",
      resolution: "STATIC",
      ports: [{ number: 80, name: "http", protocol: "HTTP" }],
      endpoints: [{ address: "203.0.113.99" }],
    };
    const theirs = {
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata: {
        name: BAZ,
        namespace: IMPORTS.namespace,
        labels: { "app.kubernetes.io/managed-by": "team-x" },
      },
      spec,
    };
    await objects.createNamespacedCustomObject({ ...IMPORTS, body: theirs });
    try {
      await peerC(lab, { federation: CONTRACT_OF_C }, async (edited) => {
        const { exitCode, output } = await edited.run("up", "--yes", "--skip-preview");
        assert.equal(exitCode, 0, output);
        assert.match(
          output,
          new RegExp(`ServiceEntry istio-federation/${BAZ} too, which is labelled .*managed-by=team-x`),
        );
        assert.match(output, /error: /);
        assert.ok(await stack.output("federation"), "the contract stays");
      });
    } finally {
      await stack.up();
    }
    const left = (await objects.getNamespacedCustomObject({ ...IMPORTS, name: BAZ })) as { spec: unknown };
    assert.deepEqual(left.spec, spec);
    await objects.deleteNamespacedCustomObject({ ...IMPORTS, name: BAZ });
    assert.deepEqual(await importedHosts(lab, "cluster-a"), [BAR]);
  });
});
