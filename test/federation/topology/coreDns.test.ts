import assert from "node:assert/strict";
import { describeFault } from "../../../federation/core/fault.ts";
import type { ClusterReadings } from "../../../federation/snapshot.ts";
import { type Corefiles, nodeLocalWarnings, planGlobalBlock } from "../../../federation/topology/coreDns.ts";
import type { CorefileMetadata } from "../../../federation/topology/corefileOwner.ts";
import { UNOWNED, runPart } from "../planContext.ts";
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
  const read = (
    coreDns: string | undefined,
    nodeLocal?: string,
    metadata: Partial<CorefileMetadata> = {},
  ): { value: Corefiles } => ({ value: { coreDns, nodeLocal, metadata: { ...UNOWNED, ...metadata } } });

  it("accepts a plain Corefile without a warning", () => {
    assert.deepEqual(plan(read(PLAIN)).warnings, []);
  });

  for (const [owner, metadata, expected] of [
    ["k3s", { annotations: { "objectset.rio.cattle.io/applied": "x" } }, /k3s.*coredns-custom/],
    ["k3s, by labels", { labels: { "objectset.rio.cattle.io/hash": "x" } }, /k3s.*coredns-custom/],
    [
      "AKS",
      { labels: { "addonmanager.kubernetes.io/mode": "Reconcile" } },
      /addon manager.*coredns-custom.*rollout restart/,
    ],
    ["OpenShift", { owners: ["DNS"] }, /OpenShift's DNS operator/],
    ["EKS", { managers: ["kubectl", "eks"] }, /EKS' addon.*update-addon/],
    ["Argo CD", { annotations: { "argocd.argoproj.io/tracking-id": "x" } }, /Argo CD/],
    ["Flux", { labels: { "kustomize.toolkit.fluxcd.io/name": "x" } }, /Flux/],
    ["RKE2", { annotations: { "meta.helm.sh/release-name": "rke2-coredns" } }, /Helm.*HelmChartConfig/],
    ["another owner", { owners: ["Addon"] }, /owner of another kind/],
  ] as const)
    it(`warns where ${owner} writes the Corefile back, with what to do there`, () => {
      const [warning, ...others] = plan(read(PLAIN, undefined, metadata)).warnings;
      assert.deepEqual(others, []);
      assert.match(warning ?? "", /^Corefile kube-system\/coredns is managed by /);
      assert.match(warning ?? "", expected);
    });

  it("does not warn of what kubeadm or an addon manager that only creates leaves", () => {
    const labels = { "addonmanager.kubernetes.io/mode": "EnsureExists", "k8s-app": "kube-dns" };
    assert.deepEqual(plan(read(PLAIN, undefined, { labels, managers: ["kubeadm"] })).warnings, []);
  });

  it("warns of imported files", () => {
    const [warning, ...others] = plan(read(`import custom/*\n${PLAIN}`)).warnings;
    assert.deepEqual(others, []);
    assert.match(
      warning ?? "",
      /^Corefile kube-system\/coredns imports 'custom\/\*', which the program does not read/,
    );
  });

  it("renders the block with the root block's bind and forward directives", () => {
    const { result } = plan(read(".:53 {\n    bind lo\n    reload\n    forward . 10.0.0.2\n}\n"));
    assert.match(result ?? "", /^ {4}bind lo\n {4}errors\n[^]*\n {4}forward \. 10\.0\.0\.2\n}\n/m);
  });

  it("warns where NodeLocal DNSCache does not forward to CoreDNS", () => {
    const [warning, ...others] = plan(read(PLAIN, ".:53 {\n}\n")).warnings;
    assert.deepEqual(others, []);
    assert.match(
      warning ?? "",
      /^Corefile kube-system\/node-local-dns has no server block for 'global': Pods/,
    );
  });

  it("renders no block without dns.coreDns", () => {
    assert.equal(plan(read(undefined), {}).result, undefined);
  });

  it("renders a block while the cluster is unreachable", () => {
    const { result, warnings } = plan({ unreachable: "no answer" });
    assert.match(result ?? "", /global:53 \{[^]*10\.96\.0\.77/);
    assert.deepEqual(warnings, []);
  });

  for (const [what, corefile, rule] of [
    ["it is missing", undefined, /"kube-system\/coredns" is not there, or has no Corefile\. Name the/],
    [
      "another owner has a server block for these names",
      "global {\n}\n",
      /"kube-system\/coredns" has a server block 'global' of another owner\. Have its owner/,
    ],
    [
      "no server block listens on the port",
      ".:5353 {\n}\n",
      /listens on port 53, but on 5353\. Write dns\.coreDns\.port: 5353, which receives clients' queries\.$/,
    ],
  ] as const) {
    it(`has a fault when ${what}`, () => {
      const [fault, ...others] = faultsIn(() => plan(read(corefile))).map(describeFault);
      assert.deepEqual(others, []);
      assert.match(fault ?? "", /^dns\.coreDns\.configMap: /);
      assert.match(fault ?? "", rule);
    });
  }
});

/** The Corefile in Kubernetes' NodeLocal DNSCache manifest, shortened. */
const STOCK = `cluster.local:53 {
    forward . __PILLAR__CLUSTER__DNS__ {
        force_tcp
    }
}
in-addr.arpa:53 {
    forward . __PILLAR__CLUSTER__DNS__
}
.:53 {
    forward . __PILLAR__UPSTREAM__SERVERS__
}
`;

describe("A warning about NodeLocal DNSCache", () => {
  it("appears unless a block of its own forwards .global names to CoreDNS", () => {
    const [warning, ...others] = nodeLocalWarnings(STOCK);
    assert.deepEqual(others, []);
    assert.match(warning ?? "", /^has no server block for 'global': Pods that ask NodeLocal/);
    assert.deepEqual(nodeLocalWarnings(`${STOCK}global:53 {\n}\n`), []);
  });

  it("appears where its Corefile cannot be read", () => {
    assert.equal(nodeLocalWarnings("a {").length, 1);
  });
});
