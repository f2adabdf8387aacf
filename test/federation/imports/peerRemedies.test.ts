import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { viewPeers } from "../planContext.ts";
import { BAR, KUBECONFIG, LOCAL_CLUSTER, ROOT_A, barService, contractOf, validConfig } from "../samples.ts";

const config = validConfig(
  { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, peers: { "cluster-b": { stack: "o/p/b" } } },
  "cluster-a",
);

/** The fields of a contract, each with values that its reader refuses. */
const WHOLE: Readonly<Record<string, readonly unknown[]>> = {
  schemaVersion: ["1", 2, undefined],
  cluster: [5, "A b", LOCAL_CLUSTER.name, undefined],
  clusterDomain: [5, "-", LOCAL_CLUSTER.domain, undefined],
  meshDomain: [5, "one"],
  domains: ["x", [5], ["cluster-a.local"], Array(17).fill("x.example")],
  trustDomain: [5, "A/b", LOCAL_CLUSTER.domain, undefined],
  network: [5, "a b", undefined],
  topology: ["replicated", "other", 5],
  meshId: [5, "a b"],
  rootCertificates: ["x", [], ["x"], [ROOT_A, "x"], undefined],
  gateways: [null, "x", 5],
  services: [null, "x", []],
};

/** The fields of a service. */
const SERVICE: Readonly<Record<string, readonly unknown[]>> = {
  ports: ["x", [], [{}], [{ number: "8080", name: "http", protocol: "HTTP" }]],
  subjectAltNames: ["x", [], ["x"], ["spiffe://other/ns/a/sa/b"]],
  peers: ["x", ["cluster-a"], [5]],
  labels: ["x", { "a b": "" }, { a: 5 }],
  terminated: [false, "true"],
};

const seen = (contract: unknown) => viewPeers(config, { "cluster-b": { contract } });

describe("A finding about a peer's contract", () => {
  for (const [field, values] of Object.entries(WHOLE))
    it(`is one error that names the stack of the team that can correct it: ${field}`, () => {
      for (const value of values) {
        const { errors, peers } = seen({ ...contractOf(), [field]: value });
        assert.equal(errors.length, 1, JSON.stringify(value));
        assert.equal(peers["cluster-b"]?.state, "refused");
        const [headline = "", ...faults] = errors[0]!.split("\n");
        assert.match(
          headline,
          /^Peer cluster-b is refused, .*peers\.cluster-b\.required makes it stop the run/,
        );
        assert.ok(faults.length > 0);
        for (const fault of faults) assert.match(fault, /^ {2}- peers\.cluster-b\.contract.*stack o\/p\/b/);
      }
    });

  for (const [field, values] of Object.entries(SERVICE))
    it(`is a warning that names the stack, where it is about one service: ${field}`, () => {
      for (const value of values) {
        const odd = { ...barService, [field]: value };
        const { errors, warnings } = seen(contractOf({ services: { [BAR]: odd } }));
        assert.deepEqual(errors, [], JSON.stringify(value));
        assert.ok(warnings.length > 0, JSON.stringify(value));
        for (const warning of warnings)
          assert.match(warning, /^Skipped: peers\.cluster-b\.contract\.services\["bar\..*stack o\/p\/b/);
      }
    });
});
