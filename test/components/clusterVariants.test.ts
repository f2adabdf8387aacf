import assert from "node:assert/strict";
import type { FederatedCluster } from "../../components/federatedCluster.ts";
import { clusterPlan } from "./clusterPlan.ts";
import { MockEngine } from "./mockEngine.ts";
import { barService, validConfig } from "../federation/samples.ts";

/** Declares a cluster with these sections of config besides the required ones, and no exports. */
async function declare(
  extra: Record<string, unknown>,
  changes: Parameters<typeof clusterPlan>[1] = {},
): Promise<{ engine: MockEngine; cluster: FederatedCluster }> {
  const engine = new MockEngine();
  await engine.start(false);
  const config = validConfig(
    { cluster: { name: "cluster-a", domain: "cluster-a.local" }, kubeconfig: { context: "a" }, ...extra },
    "cluster-a",
  );
  const { FederatedCluster } = await import("../../components/federatedCluster.ts");
  const cluster = new FederatedCluster("cluster-a", clusterPlan(config, changes));
  await engine.finish();
  return { engine, cluster };
}

const has = ({ engine }: { engine: MockEngine }, part: string) =>
  engine.resources.some(({ name }) => name.includes(part));

describe("FederatedCluster", () => {
  it("creates no Gateway while nothing is exported", async () => {
    assert.equal(has(await declare({}), "gateway-gateway"), false);
  });

  it("creates no ServiceEntry without aliased exports, and no AuthorizationPolicy without caller policies", async () => {
    const services = { "bar.shop.svc.cluster-a.local": barService };
    const declared = await declare({}, { services });
    const { aliases, policies } = declared.cluster.outputs.lastRun;
    assert.deepEqual({ aliases, policies }, { aliases: {}, policies: {} });
    assert.deepEqual(
      [has(declared, "gateway-gateway"), has(declared, "aliases"), has(declared, "callers")],
      [true, false, false],
    );
  });

  it("keeps this machine's $KUBECONFIG out of the state when the config names no file", async () => {
    const before = process.env["KUBECONFIG"];
    process.env["KUBECONFIG"] = "/home/me/one:/home/me/two";
    try {
      assert.equal((await declare({})).engine.named("cluster-a-cluster").inputs["kubeconfig"], "");
    } finally {
      if (before === undefined) delete process.env["KUBECONFIG"];
      else process.env["KUBECONFIG"] = before;
    }
  });

  it("reads gateway addresses from the Service, and hands on the observed ones, unless the config advertises some", async () => {
    const observed = [{ address: "203.0.113.10", port: 15443 }];
    const service = { type: "LoadBalancer", nodePort: 32443 };
    const { inputs } = (await declare({ gateway: { service } }, { observed })).engine.named(
      "gateway-addresses",
    );
    assert.deepEqual(inputs["observed"], observed);
    assert.deepEqual(inputs["settings"], { ...service, annotations: {} });
    assert.equal(inputs["timeoutSeconds"], 300);
    assert.equal(has(await declare({ gateway: { advertise: observed } }), "gateway-addresses"), false);
  });

  it("creates ECDSA P-256 keys of certificate authorities unless the config sets RSA", async () => {
    const keys = async (extra: Record<string, unknown>) =>
      (await declare(extra)).engine.resources
        .filter(({ type, name }) => type === "tls:index/privateKey:PrivateKey" && !name.includes("contract"))
        .map(({ inputs }) => inputs);
    assert.deepEqual(await keys({}), Array(2).fill({ algorithm: "ECDSA", ecdsaCurve: "P256" }));
    assert.deepEqual(
      await keys({ certificateAuthority: { algorithm: "RSA" } }),
      Array(2).fill({ algorithm: "RSA", rsaBits: 4096 }),
    );
  });
});
