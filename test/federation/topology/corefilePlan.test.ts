import assert from "node:assert/strict";
import { describeFault } from "../../../federation/core/fault.ts";
import type { ClusterReadings } from "../../../federation/snapshot.ts";
import { type Corefiles, planGlobalBlock } from "../../../federation/topology/globalBlock.ts";
import { runPart } from "../planContext.ts";
import { faultsIn } from "../planning.ts";
import { KUBECONFIG, LOCAL_CLUSTER, validConfig } from "../samples.ts";

const PLAIN = ".:53 {\n    reload\n    forward . /etc/resolv.conf\n}\n";

describe("planGlobalBlock", () => {
  const plan = (
    reading: ClusterReadings["corefiles"],
    dns: object = { coreDns: { address: "10.96.0.77" } },
  ) => {
    const raw = {
      cluster: LOCAL_CLUSTER,
      kubeconfig: KUBECONFIG,
      topology: "replicated",
      certificateAuthority: { source: "shared", shared: { stack: "root-ca" } },
      dns,
    };
    const snapshot = { cluster: { corefiles: reading } };
    return runPart(validConfig(raw, "cluster-a"), { snapshot }, planGlobalBlock);
  };
  const read = (coreDns: string | undefined, nodeLocal?: string): { value: Corefiles } => ({
    value: { coreDns, nodeLocal },
  });

  it("takes a plain Corefile without a warning", () => {
    assert.deepEqual(plan(read(PLAIN)).warnings, []);
  });

  it("warns where the Corefile imports what the program cannot read", () => {
    const [warning, ...others] = plan(read(`import custom/*\n${PLAIN}`)).warnings;
    assert.deepEqual(others, []);
    assert.match(
      warning ?? "",
      /^Corefile kube-system\/coredns imports 'custom\/\*', which the program does not read/,
    );
  });

  it("renders the block so that it listens beside the root block, and forwards as that does", () => {
    const { result } = plan(read(".:53 {\n    bind lo\n    reload\n    forward . 10.0.0.2\n}\n"));
    assert.match(result ?? "", /^ {4}bind lo\n {4}errors\n[^]*\n {4}forward \. 10\.0\.0\.2\n}\n/m);
  });

  it("warns where NodeLocal DNSCache does not ask CoreDNS", () => {
    const [warning, ...others] = plan(read(PLAIN, ".:53 {\n}\n")).warnings;
    assert.deepEqual(others, []);
    assert.match(
      warning ?? "",
      /^Corefile kube-system\/node-local-dns has no server block for 'global': Pods/,
    );
  });

  it("renders no block where the config asks for none", () => {
    assert.equal(plan(read(undefined), {}).result, undefined);
  });

  it("renders a block for a cluster that is unreachable", () => {
    const { result, warnings } = plan({ unreachable: "no answer" });
    assert.match(result ?? "", /global:53 \{[^]*10\.96\.0\.77/);
    assert.deepEqual(warnings, []);
  });

  for (const [what, corefile, rule] of [
    ["there is none", undefined, /"kube-system\/coredns" is not there, or has no Corefile\. Name the/],
    [
      "somebody else answers for these names",
      "global {\n}\n",
      /"kube-system\/coredns" has a server block 'global' that somebody else wrote\. Have its owner/,
    ],
    [
      "nobody asks where the block would listen",
      ".:5353 {\n}\n",
      /listens on port 53, but on 5353\. Write dns\.coreDns\.port: 5353, where clients' questions arrive\.$/,
    ],
  ] as const) {
    it(`finds a fault when ${what}`, () => {
      const [fault, ...others] = faultsIn(() => plan(read(corefile))).map(describeFault);
      assert.deepEqual(others, []);
      assert.match(fault ?? "", /^dns\.coreDns\.configMap: /);
      assert.match(fault ?? "", rule);
    });
  }
});
