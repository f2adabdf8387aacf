import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as state from "@pulumi/pulumi/runtime/state.js";
import { Findings } from "../../federation/core/findings.ts";
import { parseLastRun } from "../../federation/lastRun.ts";
import main from "../../index.ts";
import { ACCESS, TRUSTING, meshContract } from "../federation/mesh/meshSamples.ts";
import { addRoot, signed } from "../federation/signers.ts";
import { ROOT_CERTIFICATE, ROOT_A, contractOf, NO_LAST_RUN } from "../federation/samples.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { MockEngine, settled } from "./mockEngine.ts";

/** Outputs that every cluster publishes. */
const CLUSTER = [
  "certificateRequest",
  "certificates",
  "federation",
  "istio",
  "lastRun",
  "peers",
  "trust",
  "trustAnchors",
];

/** The SDK's own way to run several programs in one process; it is exported, but not declared. */
const { withLocalStorage } = state as unknown as {
  withLocalStorage: <T>(program: () => Promise<T>) => Promise<T>;
};

/** Outputs of one run of the program, and the warnings that it logged. */
interface Run {
  outputs: Record<string, unknown>;
  warnings: string[];
}

/** Runs the program as Pulumi does. @param stacks outputs of the stacks that exist, by their bare names. */
async function run(config: object, stacks: Record<string, object>, preview: boolean): Promise<Run> {
  const warnings: string[] = [];
  const { log } = pulumi;
  const { warn, info } = log;
  try {
    Object.assign(log, {
      warn: (text: string) => Promise.resolve(warnings.push(text)),
      info: () => Promise.resolve(),
    });
    const outputs = await withLocalStorage(async () => {
      const engine = new MockEngine();
      engine.stacks = Object.fromEntries(
        Object.entries(stacks).map(([stack, published]) => [
          `organization/istio-federation/${stack}`,
          published as Record<string, unknown>,
        ]),
      );
      await engine.start(preview);
      pulumi.runtime.setAllConfig(
        Object.fromEntries(
          Object.entries(config).map(([key, value]) => [`istio-federation:${key}`, JSON.stringify(value)]),
        ),
      );
      let published: Record<string, unknown> = {};
      // Its result is unknown in a preview as soon as one output is.
      await pulumi.runtime.runInPulumiStack(async () => (published = await main()));
      await engine.finish();
      const values = Object.entries(published).map(
        async ([name, value]) => [name, await settled(pulumi.output(value))] as const,
      );
      return Object.fromEntries(await Promise.all(values));
    });
    return { outputs, warnings };
  } finally {
    Object.assign(log, { warn, info });
  }
}

describe("The outputs of a stack", () => {
  let folder: string;
  let kinds: Record<string, { config: object; stacks: Record<string, object>; outputs: string[] }>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "stack-outputs-"));
    const kubeconfig = join(folder, "kubeconfig");
    // No server listens at this address.
    const server = "https://127.0.0.1:1";
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "a", cluster: { server } }],
        users: [{ name: "a", user: {} }],
        contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
      }),
    );
    const root = await TestAuthority.root("CN=Root CA");
    const provided = { certificate: root.pem, key: root.keyPem(), root: root.pem };
    const common = {
      cluster: { name: "cluster-a", domain: "cluster.local" },
      kubeconfig: { path: kubeconfig, context: "a" },
      peers: { "cluster-b": { stack: "b" }, "cluster-c": { stack: "c" } },
    };
    const ofB = { clusterDomain: "cluster.local", trustDomain: "cluster.local", services: {} };
    addRoot(root.pem, root.keyPem());
    const replica = contractOf({ ...ofB, topology: "replicated", rootCertificates: [root.pem] });
    const trustAnchors = {
      "cluster-a": { ...TRUSTING["cluster-a"], rootCertificates: [ROOT_CERTIFICATE] },
    };
    const access = { "cluster-a": { ...ACCESS, server } };
    kinds = {
      "a cluster of a federation": {
        config: { ...common, cluster: { name: "cluster-a", domain: "a.local" } },
        stacks: { b: { federation: await signed(contractOf()) } },
        outputs: CLUSTER,
      },
      "a cluster with a replicated control plane": {
        config: {
          ...common,
          topology: "replicated",
          certificateAuthority: { source: "provided", provided, allowUnconstrainedAnchors: true },
          dns: { coreDns: { address: "10.96.0.77" } },
        },
        stacks: {
          b: { federation: await signed(replica) },
        },
        outputs: CLUSTER,
      },
      "a cluster of a single mesh": {
        config: {
          ...common,
          topology: "single-mesh",
          singleMesh: {
            meshId: "mesh1",
            allowPeersToReadSecrets: true,
            apiServer: { server, certificateAuthority: ROOT_A },
          },
          allowGatewayAddresses: ["127.0.0.0/8"],
        },
        stacks: { b: { federation: await signed(meshContract()), access, trustAnchors } },
        outputs: [...CLUSTER, "access"],
      },
      "a cluster that waits for its certificate": {
        config: { ...common, certificateAuthority: { source: "shared", shared: { stack: "root-ca" } } },
        stacks: {},
        outputs: ["certificateRequest"],
      },
      "a shared root": {
        config: {
          rootAuthority: {
            name: "Example Corp",
            clusters: { "cluster-a": { stack: "a", trustDomain: "a.local" } },
          },
        },
        stacks: {},
        outputs: ["certificateRequests", "certificates", "rootCertificates", "signedCertificates"],
      },
    };
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const kind of [
    "a cluster of a federation",
    "a cluster with a replicated control plane",
    "a cluster of a single mesh",
    "a cluster that waits for its certificate",
    "a shared root",
  ]) {
    it(`are the documented ones and cause no SDK warning: ${kind}`, async () => {
      const { config, stacks, outputs } = kinds[kind]!;
      for (const preview of [true, false]) {
        const found = await run(config, stacks, preview);
        assert.deepEqual(
          found.warnings.filter((warning) => /undefined/i.test(warning)),
          [],
        );
        assert.deepEqual(Object.keys(found.outputs).sort(), [...outputs].sort());
        if (preview) continue;
        const unknown = Object.entries(found.outputs).filter(([, value]) => value === undefined);
        assert.deepEqual(unknown, [], "an update knows them all");
      }
    });
  }

  it("are read by the next run, which outputs the same", async () => {
    const { config, stacks } = kinds["a cluster of a single mesh"]!;
    const first = await run(config, stacks, false);
    // Peers can trust its root only once it is published.
    const { outputs } = await run(config, { ...stacks, "cluster-a": first.outputs }, false);
    const findings = new Findings();
    const last = parseLastRun({ value: outputs }, findings);
    assert.deepEqual(findings.faults, []);
    assert.ok(last !== undefined);
    assert.deepEqual(Object.keys(last).sort(), Object.keys(NO_LAST_RUN).sort());
    assert.deepEqual(Object.keys(last.joined), ["cluster-b"]);
    assert.deepEqual(Object.keys(last.credentials), ["cluster-b", "cluster-c"]);
    assert.equal(last.rotation?.phase, "drop");
    assert.deepEqual((await run(config, { ...stacks, "cluster-a": outputs }, false)).outputs, outputs);
  });
});
