import assert from "node:assert/strict";
import { parseConfig } from "../../../federation/config/stackConfig.ts";
import { describeFault } from "../../../federation/core/fault.ts";
import { KUBECONFIG, LOCAL_CLUSTER } from "../samples.ts";

const PUBLISH = { host: "contracts.a.example", credentialName: "contracts" };

/** Faults of a config with this section. */
function faultsOf(publish: object, changes: object = {}): string[] {
  const raw = {
    cluster: LOCAL_CLUSTER,
    kubeconfig: KUBECONFIG,
    publish: { ...PUBLISH, ...publish },
    ...changes,
  };
  return parseConfig(raw, "cluster-a").faults.map(describeFault);
}

describe("The section publish", () => {
  it("accepts the fields of the gateway's Service and the chart's values", () => {
    assert.deepEqual(faultsOf({}), []);
    assert.deepEqual(faultsOf({ service: { type: "ClusterIP" }, bind: "::1" }), []);
    assert.deepEqual(faultsOf({ values: { replicaCount: 2, rbac: { enabled: true }, tolerations: [] } }), []);
  });

  it("refuses what the gateway could not serve, with the field's own name in the remedy", () => {
    const table: [object, RegExp][] = [
      [{ host: "*.a.example" }, /publish\.host: "\*\.a\.example" must be a DNS name/],
      [{ host: "203.0.113.7" }, /publish\.host/],
      [{ host: "contracts" }, /publish\.host: "contracts" must be .* of two labels or more/],
      [{ credentialName: "Contracts" }, /publish\.credentialName/],
      [{ credentialName: "istio-publish/contracts" }, /publish\.credentialName/],
      [{ credentialName: "contracts-cacert" }, /publish\.credentialName: .*must not end in '-cacert'/],
      [{ values: { name: "eastwestgateway" } }, /publish\.values\.name: .*select the gateway/],
      [{ values: { labels: { istio: "eastwestgateway" } } }, /publish\.values\.labels\.istio/],
      [
        { values: { rbac: { enabled: false } } },
        /publish\.values\.rbac\.enabled: .*Secret with its certificate/,
      ],
      [{ values: { global: { rbac: { enabled: false } } } }, /publish\.values\.global\.rbac\.enabled/],
      [{ values: { service: { type: "NodePort" } } }, /set publish\.service\.type/],
      [
        { values: { service: { ports: [] } } },
        /the port is 443, and its node port publish\.service\.nodePort/,
      ],
      [{ service: { type: "Nothing" } }, /publish\.service\.type/],
    ];
    for (const [publish, expected] of table) assert.match(faultsOf(publish).join("\n"), expected);
  });

  it("has no effect in a single mesh", () => {
    const singleMesh = {
      meshId: "mesh1",
      allowPeersToReadSecrets: true,
      apiServer: { server: "https://api.a.example:6443" },
    };
    const faults = faultsOf({}, { topology: "single-mesh", singleMesh });
    assert.match(faults.join(), /publish: .*whose peers need credentials that no contract has/);
  });
});
