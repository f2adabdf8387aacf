import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readSnapshot } from "../../discovery/snapshot.ts";
import { readStackConfig } from "../../discovery/stackConfig.ts";
import { Findings } from "../../federation/core/findings.ts";
import { parseLastRun } from "../../federation/lastRun.ts";
import { planCluster } from "../../federation/plan.ts";
import { fingerprintOf } from "../../federation/x509/certificate.ts";
import program from "../../index.ts";
import { ACCESS } from "../federation/mesh/meshSamples.ts";
import { signed } from "../federation/signers.ts";
import { ROOT_A, ROOT_C, ROOT_D, barService, contractOf } from "../federation/samples.ts";
import { fakeApiServer } from "../providers/support/fakeApiServer.ts";
import { writeNowhere } from "../providers/support/kubeconfigFile.ts";
import {
  type Asked,
  OWN_STACK,
  type Stacks,
  faultsError,
  planned,
  withStacks,
  withoutNamespaces,
} from "./support.ts";

const service = {
  metadata: { namespace: "abc", name: "foo" },
  spec: { selector: { app: "foo" }, ports: [{ name: "http", port: 80, targetPort: 9000 }] },
};
const stacks: Stacks = { [OWN_STACK]: {}, "o/p/b": { federation: await signed(contractOf()) } };

function setConfig(kubeconfig: object, changes: object = {}): void {
  const sections = {
    cluster: { name: "cluster-a", domain: "cluster-a.local" },
    kubeconfig,
    exports: [
      { namespace: "abc", service: "foo", as: "{name}.cluster-a.local", callers: [{ peer: "cluster-b" }] },
    ],
    dns: { services: {} },
    peers: { "cluster-b": { stack: "o/p/b" } },
    ...changes,
  };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(sections).map(([key, value]) => [`istio-federation:${key}`, JSON.stringify(value)]),
    ),
  );
}

describe("The program", () => {
  const server = fakeApiServer();

  beforeEach(() => {
    server.answerBy(
      (request) =>
        withoutNamespaces(request) ?? {
          status: 200,
          body: { metadata: {}, items: /\/abc\/services\?/.test(request) ? [service] : [] },
        },
    );
    setConfig(server.kubeconfig);
  });

  afterEach(() => {
    pulumi.runtime.setAllConfig({});
  });

  /** Requests so far, to the cluster and to the engine. */
  const countOf = ({ stacks: read }: Asked): number[] => [server.requests.length, read.length];

  it("sends no request to the cluster or the engine while it plans", async () => {
    const asked = await withStacks(stacks);
    const { config } = readStackConfig();
    assert.ok(config !== undefined && "cluster" in config);
    const snapshot = await readSnapshot(config);
    const before = countOf(asked);
    const findings = new Findings();
    const plan = planCluster(config, snapshot, parseLastRun(snapshot.outputs, findings), findings);
    // Pending asynchronous work would have sent its request by now.
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(findings.faults, []);
    assert.equal(plan?.kind, "cluster");
    assert.deepEqual(countOf(asked), before);
  });

  it("sends each request once, and none after the snapshot", async () => {
    const counts: number[][] = [];
    const asked = await withStacks(stacks, ({ name, inputs }) => {
      counts.push(countOf(asked));
      return { id: `${name}-id`, state: inputs as object };
    });
    const outputs = await program();
    assert.ok("federation" in outputs);
    // The SDK's own test helper; it is exported, but not declared.
    await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> })
      .waitForRPCs()
      .catch(() => undefined);
    const [first] = counts;
    assert.ok(first !== undefined);
    assert.deepEqual(countOf(asked), first);
    assert.deepEqual(server.requests, [...new Set(server.requests)]);
    assert.deepEqual(asked.stacks.sort(), [OWN_STACK, "o/p/b"].sort());
  });

  for (const [what, kubeconfigOf] of [
    ["answers", () => Promise.resolve(server.kubeconfig)],
    ["does not answer", writeNowhere],
  ] as const) {
    it(`reports unreadable outputs of the last update while the cluster ${what}, without their secrets`, async () => {
      setConfig(await kubeconfigOf());
      const outputs = {
        federation: { ...contractOf(), gateways: 1 },
        trustAnchors: { "cluster-b": { clusterDomain: "?" } },
        lastRun: { joined: { "cluster-b": { ...ACCESS, token: "s3cr3t with blanks" } }, policies: 1 },
      };
      await withStacks({ ...stacks, [OWN_STACK]: outputs });
      const { config } = readStackConfig();
      assert.ok(config !== undefined && "cluster" in config);
      const { faults, message } = await faultsError(planned(config));
      assert.deepEqual(
        [...new Set(faults.map(({ path }) => path))],
        [
          "outputs of this stack.federation.gateways",
          "outputs of this stack.trustAnchors.cluster-b.clusterDomain",
          "outputs of this stack.trustAnchors.cluster-b.trustDomain",
          "outputs of this stack.trustAnchors.cluster-b.rootCertificates",
          "outputs of this stack.lastRun.policies",
          "outputs of this stack.lastRun.joined.cluster-b.token",
        ],
      );
      assert.doesNotMatch(message, /s3cr3t/);
      await assert.rejects(program(), (error) => {
        assert.ok(error instanceof pulumi.RunError);
        assert.match(error.message, /^Stack cluster-a has 6 fault\(s\)/);
        assert.doesNotMatch(error.message, /s3cr3t/);
        return true;
      });
    });
  }

  it("reports the faults of config, exports, callers, imports, trust, names and DNS in one run", async () => {
    setConfig(server.kubeconfig, {
      gateway: { bind: "everywhere" },
      exports: [
        { namespace: "Abc", service: "foo" },
        { namespace: "abc", service: "foo", callers: [{ peer: "cluster-x" }] },
      ],
      dns: { services: { name: "{name}.{namespace}" } },
      peers: {
        "cluster-b": { stack: "o/p/b", imports: [{ as: ["bar.cluster-a.local"] }] },
        "cluster-c": { stack: "o/p/c", identity: { roots: [fingerprintOf(ROOT_A)] }, required: true },
        "cluster-d": { stack: "o/p/d", required: true },
        "cluster-e": { stack: "o/p/e" },
      },
    });
    const serviceOf = (host: string, domain: string) => ({
      [host]: { ...barService, subjectAltNames: [`spiffe://${domain}/ns/xyz/sa/bar`] },
    });
    const peer = async (name: string, rootCertificates: string[], changes: object = {}) => {
      const domain = `${name}.local`;
      const services = {
        ...serviceOf(`bar.xyz.svc.${domain}`, domain),
        ...serviceOf(`baz.xyz.svc.${domain}`, domain),
      };
      const own = { cluster: name, clusterDomain: domain, trustDomain: domain, rootCertificates, services };
      return { federation: await signed(contractOf({ ...own, ...changes })) };
    };
    await withStacks({
      ...stacks,
      "o/p/c": await peer("cluster-c", [ROOT_C]),
      "o/p/d": await peer("cluster-d", [ROOT_D], { trustDomain: "cluster-a.local" }),
      "o/p/e": await peer("cluster-e", [ROOT_A]),
    });
    await assert.rejects(program(), (error) => {
      assert.ok(error instanceof pulumi.RunError);
      for (const fault of [
        /gateway\.bind: "everywhere"/,
        /exports\[0\]\.namespace: "Abc"/,
        /exports\[1\]\.callers\[0\]\.peer: "cluster-x"/,
        /peers\.cluster-b\.imports\[0\]\.as: "bar\.cluster-a\.local"/,
        /peers\.cluster-c\.contract\.rootCertificates/,
        /peers\.cluster-d\.contract\.trustDomain: "cluster-a\.local"/,
        /dns\.services\.name: "\{name\}\.\{namespace\}"/,
      ]) {
        assert.match(error.message, fault);
      }
      assert.match(error.message, /^Stack cluster-a has 7 fault\(s\)/);
      return true;
    });
  });

  it("reports no fault that merely follows from another fault", async () => {
    setConfig(server.kubeconfig, {
      topology: "replicated",
      certificateAuthority: { source: "shared", shared: { stack: "o/p/root" }, expiryWarningDays: "soon" },
      allowGatewayAddresses: ["127.0.0/8"],
      exports: [],
      dns: {},
    });
    const loopback = contractOf({
      topology: "replicated",
      gateways: [{ address: "127.0.0.1", port: 15443 }],
    });
    await withStacks({ ...stacks, "o/p/b": { federation: await signed(loopback) }, "o/p/root": {} });
    await assert.rejects(program(), (error) => {
      assert.ok(error instanceof pulumi.RunError);
      assert.match(error.message, /certificateAuthority\.expiryWarningDays/);
      assert.match(error.message, /allowGatewayAddresses\[0\]/);
      assert.match(error.message, /^Stack cluster-a has 2 fault\(s\)/);
      return true;
    });
  });

  it("reports every stack that cannot be read, including its own", async () => {
    await withStacks({ ...stacks, [OWN_STACK]: new Error("log in"), "o/p/b": new Error("log in") });
    await assert.rejects(program(), (error) => {
      assert.ok(error instanceof pulumi.RunError);
      assert.match(error.message, /^Stack cluster-a has 2 fault\(s\)/);
      assert.match(error.message, /peers\.cluster-b\.stack/);
      return true;
    });
  });
});
