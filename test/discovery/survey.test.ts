import assert from "node:assert/strict";
import { type Survey, survey as surveyStack } from "../../discovery/survey.ts";
import type { StackConfig } from "../../federation/config/stackConfig.ts";
import { OWN_STACK, type Stacks, faultsError, withStacks } from "./support.ts";
import { BAR, ROOT_A, ROOT_C, barService, contractOf, validConfig } from "../federation/samples.ts";
import { type Answer, FakeApiServer, TOKEN } from "../providers/support/fakeApiServer.ts";
import { writeNowhere } from "../providers/support/kubeconfigFile.ts";

const FOO = "foo.abc.svc.cluster-a.local";
const fooService = { ...barService, subjectAltNames: ["spiffe://cluster-a.local/ns/abc/sa/foo"] };
const own = contractOf({
  cluster: "cluster-a",
  clusterDomain: "cluster-a.local",
  trustDomain: "cluster-a.local",
  rootCertificates: [ROOT_A],
  services: { [FOO]: fooService, "gone.abc.svc.cluster-a.local": fooService },
});
const anchorOfB = { clusterDomain: "cluster-b.local", trustDomain: "cluster-b.local", rootCertificates: [] };

function configOf(kubeconfig: unknown, changes: Record<string, unknown> = {}): StackConfig {
  const raw = {
    cluster: { name: "cluster-a", domain: "cluster-a.local" },
    kubeconfig,
    gateway: { advertise: [{ address: "203.0.113.10" }] },
    exports: [{ namespace: "abc", service: "foo" }],
    peers: { "cluster-b": { stack: "o/p/b" } },
    ...changes,
  };
  return validConfig(raw, "cluster-a");
}

/** Of a cluster that does not wait for a certificate. */
async function survey(config: StackConfig): Promise<Survey> {
  const found = await surveyStack(config);
  assert.ok("exports" in found);
  return found;
}

describe("A survey", () => {
  /** Of a cluster where nothing listens. */
  let nowhere: { path: string; context: string };

  before(async () => (nowhere = await writeNowhere()));

  describe("of a cluster that cannot be reached", () => {
    it("offers what was last published and the config still names, with a warning that says why", async () => {
      await withStacks({ [OWN_STACK]: { federation: own }, "o/p/b": { federation: contractOf() } });
      const { exports, peers, warnings, observedGateways } = await survey(configOf(nowhere));
      assert.deepEqual(exports, { [FOO]: fooService });
      assert.equal(peers["cluster-b"]?.state, "ready");
      assert.equal(observedGateways, undefined);
      assert.equal(warnings.length, 1);
      assert.match(
        warnings[0] ?? "",
        /^Cluster cluster-a cannot be reached: the exports last published stay\. .*127\.0\.0\.1:9/,
      );
    });

    it("keeps what leads to Services of other names, as the last update made it", async () => {
      const host = "foo.shop.example";
      const spec = {
        ...{ hosts: [host], location: "MESH_INTERNAL", resolution: "STATIC" },
        ports: [{ number: 8080, name: "istio-federation-8080", protocol: "HTTP", targetPort: 8080 }],
        ...{ workloadSelector: { labels: { app: "foo" } }, exportTo: ["istio-gateway"] },
      };
      const federation = { ...own, domains: ["shop.example"], services: { [host]: fooService } };
      const exportAliases = { "abc/foo": spec, "abc/gone": { ...spec, hosts: ["gone.shop.example"] } };
      await withStacks({ [OWN_STACK]: { federation, exportAliases } });
      const cluster = { name: "cluster-a", domain: "cluster-a.local", domains: ["shop.example"] };
      const exports = [{ namespace: "abc", service: "foo", as: "{name}.shop.example" }];
      const found = await survey(configOf(nowhere, { cluster, exports }));
      assert.deepEqual(found.exports, { [host]: fooService });
      assert.deepEqual(found.aliases, [{ namespace: "abc", service: "foo", spec }]);
      await withStacks({ [OWN_STACK]: { federation, exportAliases: { "abc/foo": 1 } } });
      const { message } = await faultsError(survey(configOf(nowhere, { cluster, exports })));
      assert.match(message, /last aliases of this stack/);
    });

    it("offers nothing where nothing ever was published, and leaves its gateway open", async () => {
      await withStacks({});
      const found = await survey(configOf(nowhere, { gateway: {} }));
      assert.deepEqual(found.exports, {});
      assert.equal("observedGateways" in found, false);
      assert.match(
        found.warnings.join("\n"),
        /cannot be reached: nothing is exported, as nothing ever was\./,
      );
      assert.match(found.warnings.join("\n"), /Peer cluster-b is pending: stack o\/p\/b does not exist/);
    });

    it("offers nothing by guess: a last contract that cannot be read is a fault", async () => {
      await withStacks({ [OWN_STACK]: { federation: { ...own, schemaVersion: 9 } } });
      const { message } = await faultsError(survey(configOf(nowhere)));
      assert.match(message, /last contract of stack cluster-a has 1 fault[^]*schemaVersion/);
    });
  });

  describe("of a cluster that answers", () => {
    let server: FakeApiServer;
    const service = {
      metadata: { namespace: "abc", name: "foo" },
      spec: { selector: { app: "foo" }, ports: [{ name: "http", port: 9000 }] },
    };
    const pod = {
      metadata: {
        namespace: "abc",
        name: "foo-1",
        labels: { app: "foo", "security.istio.io/tlsMode": "istio" },
      },
      spec: { serviceAccountName: "today" },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    };

    beforeEach(async () => {
      server = await FakeApiServer.start();
    });

    afterEach(() => {
      server.stop();
    });

    const ok = (items: unknown[]): Answer => ({ status: 200, body: { items } });
    /** @param left ServiceEntries that its list gives. */
    const surveyWith = async (
      stacks: Stacks,
      workloads: unknown[],
      left: unknown[] = [],
      changes: Record<string, unknown> = {},
    ) => {
      server.answerBy((request) => {
        if (request.includes("/services?")) return ok([service]);
        if (request.includes("/pods?")) return ok(workloads);
        return ok(request.includes("/serviceentries?") ? left : []);
      });
      await withStacks(stacks);
      return survey(configOf(server.kubeconfig, changes));
    };
    const forB = { exports: [{ service: "foo", peers: ["cluster-b"] }] };

    it("offers what is there, and says in words what is other than before", async () => {
      const { exports, notes } = await surveyWith({ [OWN_STACK]: { federation: own } }, [pod]);
      assert.deepEqual(notes, [
        `exports: changes 1 service (${FOO}), removes 1 (gone.abc.svc.cluster-a.local)`,
      ]);
      assert.deepEqual(exports[FOO]?.ports, [{ number: 9000, name: "http", protocol: "HTTP" }]);
      assert.match(exports[FOO].subjectAltNames.join(), /sa\/today/);
    });

    it("offers it to peers by the names that they give themselves", async () => {
      const other = contractOf({ cluster: "b-itself" });
      const stacks = { [OWN_STACK]: { federation: own }, "o/p/b": { federation: other } };
      const { exports } = await surveyWith(stacks, [pod], [], forB);
      assert.deepEqual(exports[FOO]?.peers, ["b-itself"]);
    });

    it("names a peer that is away as it was pinned, or as the config does", async () => {
      const trustAnchors = { "cluster-b": { ...anchorOfB, cluster: "b-pinned" } };
      const pinned = await surveyWith({ [OWN_STACK]: { federation: own, trustAnchors } }, [pod], [], forB);
      assert.deepEqual(pinned.exports[FOO]?.peers, ["b-pinned"]);
      const unknown = await surveyWith({ [OWN_STACK]: { federation: own } }, [pod], [], forB);
      assert.deepEqual(unknown.exports[FOO]?.peers, ["cluster-b"]);
    });

    it("warns of what has no sidecar", async () => {
      const bare = { ...pod, metadata: { ...pod.metadata, labels: { app: "foo" } } };
      const { exports, warnings } = await surveyWith({ [OWN_STACK]: { federation: own } }, [bare]);
      assert.deepEqual(Object.keys(exports), [FOO]);
      assert.match(warnings.join("\n"), /Service abc\/foo\.selector: .*none with a sidecar/);
    });

    it("offers it under another name, unless somebody else's ServiceEntry has that too", async () => {
      const changes = { exports: [{ service: "foo", as: "{name}.cluster-a.local" }] };
      const stacks = { [OWN_STACK]: { federation: own } };
      const { exports, aliases } = await surveyWith(stacks, [pod], [], changes);
      assert.deepEqual(Object.keys(exports), ["foo.cluster-a.local"]);
      assert.deepEqual(
        aliases.map(({ spec }) => [spec.hosts, spec.ports]),
        [
          [
            ["foo.cluster-a.local"],
            [{ number: 9000, name: "istio-federation-9000", protocol: "HTTP", targetPort: 9000 }],
          ],
        ],
      );
      const theirs = {
        metadata: { namespace: "pay", name: "theirs" },
        spec: { hosts: ["foo.cluster-a.local"] },
      };
      const found = await surveyWith(stacks, [pod], [theirs], changes);
      assert.deepEqual([found.exports, found.aliases], [{}, []]);
      assert.match(found.warnings.join("\n"), /Service abc\/foo: .*ServiceEntry pay\/theirs too/);
    });

    it("keeps the identities last published of a Service that is scaled to zero, with a warning", async () => {
      const { exports, warnings } = await surveyWith({ [OWN_STACK]: { federation: own } }, []);
      assert.deepEqual(exports[FOO]?.subjectAltNames, fooService.subjectAltNames);
      assert.deepEqual(exports[FOO].ports, [{ number: 9000, name: "http", protocol: "HTTP" }]);
      assert.match(warnings.join("\n"), /Service abc\/foo\.selector: .*identities last published stay/);
    });

    it("finds what peers left that neither the config nor the last update names, and warns of it", async () => {
      const labels = { "istio-federation.dev/peer": "cluster-old" };
      const metadata = { name: "x", labels, creationTimestamp: "2026-11-20T10:22:05Z" };
      const status = { state: "ready", reason: "", imported: 2 };
      const last = { federation: own, peers: { "cluster-gone": status } };
      const { leftovers, warnings } = await surveyWith({ [OWN_STACK]: last }, [pod], [{ metadata }]);
      assert.deepEqual(leftovers, { "cluster-old": { entries: 1, newest: "2026-11-20T10:22:05Z" } });
      assert.match(warnings.join("\n"), /^1 imported service of peer cluster-old, which .* removes it\.$/m);
      const [asked] = server.requests.filter((request) => request.includes("/serviceentries?"));
      assert.match(decodeURIComponent(asked ?? ""), /notin\+\(cluster-b,cluster-gone\)/);
    });

    it("stops before it removes what another stack's cluster has", async () => {
      const metadata = { name: "x", labels: { "istio-federation.dev/peer": "cluster-a" } };
      const { faults } = await faultsError(
        surveyWith({ [OWN_STACK]: { federation: own } }, [], [{ metadata }]),
      );
      assert.deepEqual(
        faults.map(({ path, value }) => [path, value]),
        [["kubeconfig.context", "fake"]],
      );
    });

    it("does without a last contract that cannot be read", async () => {
      const { exports } = await surveyWith({ [OWN_STACK]: { federation: { ...own, gateways: 1 } } }, []);
      assert.deepEqual(exports, {});
    });

    it("tells all at once what keeps it from planning: cluster, peers' stacks, and what may not change", async () => {
      server.answer({
        status: 401,
        body: { kind: "Status", reason: "Unauthorized", message: "Unauthorized" },
      });
      const moved = { ...own, clusterDomain: "old.local" };
      await withStacks({ [OWN_STACK]: { federation: moved }, "o/p/b": new Error("permission denied") });
      const { message, faults } = await faultsError(survey(configOf(server.kubeconfig, { gateway: {} })));
      assert.match(message, /^plan of stack cluster-a has 3 fault/);
      assert.deepEqual(
        faults.map(({ path, value }) => [path, value]),
        [
          ["cluster.domain", "cluster-a.local"],
          ["peers.cluster-b.stack", "o/p/b"],
          ["kubeconfig.context", "fake"],
        ],
      );
      assert.match(message, /permission denied/);
      assert.match(message, /401 Unauthorized: .*may have expired\. Renew/);
      assert.equal(message.includes(TOKEN), false);
    });
  });

  it("stops where the config changes what a running cluster cannot", async () => {
    await withStacks({ [OWN_STACK]: { federation: { ...own, trustDomain: "old.example" } } });
    const { message, faults } = await faultsError(survey(configOf(nowhere)));
    assert.match(message, /^config of stack cluster-a has 1 fault/);
    assert.equal(faults[0]?.path, "cluster.trustDomain");
  });

  it("keeps a pending peer's domains from another", async () => {
    await withStacks({
      [OWN_STACK]: { federation: own, trustAnchors: { "cluster-b": anchorOfB } },
      "o/p/c": { federation: contractOf({ cluster: "cluster-c", rootCertificates: [ROOT_C] }) },
    });
    const peers = { "cluster-b": { stack: "o/p/b" }, "cluster-c": { stack: "o/p/c" } };
    const { message } = await faultsError(survey(configOf(nowhere, { peers })));
    assert.match(message, /peers\.cluster-c\.contract\.clusterDomain: .*that of pending peer cluster-b/);
  });

  it("passes on what nobody foresaw, as it is", async () => {
    await withStacks({});
    const broken = { ...configOf(nowhere), peers: null } as unknown as StackConfig;
    await assert.rejects(survey(broken), TypeError);
  });

  it("needs no cluster where nothing is exported and the gateway's addresses are given", async () => {
    await withStacks({ "o/p/b": { federation: contractOf() } });
    const { peers, leftovers, warnings } = await survey(configOf(nowhere, { exports: [] }));
    assert.deepEqual([leftovers, warnings], [{}, []]);
    const peer = peers["cluster-b"];
    assert.ok(peer?.state === "ready");
    assert.deepEqual(Object.keys(peer.imports.services), [BAR]);
  });
});
