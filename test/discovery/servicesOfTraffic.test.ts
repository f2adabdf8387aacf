import assert from "node:assert/strict";
import { readSnapshot } from "../../discovery/snapshot.ts";
import type { Snapshot } from "../../federation/snapshot.ts";
import { LOCAL_CLUSTER, validConfig } from "../federation/samples.ts";
import {
  type Answer,
  FORBIDDEN,
  NOT_FOUND,
  fakeApiServer,
  listOf,
} from "../providers/support/fakeApiServer.ts";
import { faultsOf, valueOf, withStacks, withoutNamespaces } from "./support.ts";

const service = (namespace: string, name: string, peer?: string) => ({
  metadata: { namespace, name, labels: peer === undefined ? {} : { "istio-federation.dev/peer": peer } },
  spec: { selector: { app: name }, ports: [{ name: "http", port: 80 }] },
});
const pod = (namespace: string, name: string) => ({
  metadata: { namespace, name, labels: { app: name } },
  spec: { serviceAccountName: name },
});
const SERVICES = [service("abc", "foo"), service("abc", "bar"), service("xyz", "bar")];
const PODS = [pod("abc", "foo"), pod("abc", "bar"), pod("xyz", "bar")];
const traffic = {
  objects: [
    {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: { name: "bar", namespace: "xyz" },
      spec: { host: "bar" },
    },
  ],
};

describe("The Services of a stack with exports and traffic", () => {
  const server = fakeApiServer();

  /** @param answer answers lists of Services and Pods; undefined for the usual answer. */
  async function read(
    rule: object,
    answer: (path: string) => Answer | undefined = () => undefined,
    changes: object = { traffic },
  ): Promise<Snapshot> {
    server.answerBy((request) => {
      const path = decodeURIComponent(request);
      const [, namespace, kind] = /(?:namespaces\/([^/]+)\/)?(services|pods)\?/.exec(path) ?? [];
      const own = answer(path);
      if (own !== undefined && kind !== undefined) return own;
      if (path.includes("/customresourcedefinitions/")) return NOT_FOUND;
      if (kind === undefined) return withoutNamespaces(request) ?? listOf([]);
      const all = kind === "pods" ? PODS : SERVICES;
      return listOf(
        all.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
      );
    });
    await withStacks({});
    const config = { cluster: LOCAL_CLUSTER, kubeconfig: server.kubeconfig, exports: [rule], ...changes };
    return readSnapshot(validConfig(config, "cluster-a"));
  }

  /** Paths of the lists of one kind, without those of what imports left. */
  const asked = (kind: string) =>
    server.requests
      .map(decodeURIComponent)
      .filter((request) => !request.includes("managed-by=istio-federation"))
      .flatMap((request) => new RegExp(`GET (\\S*/${kind})\\?`).exec(request)?.[1] ?? [])
      .sort();

  for (const rule of [
    { namespace: "abc", service: "foo" },
    { namespace: "*", service: "bar" },
  ])
    it(`are read once, with the Pods, for both: exports ${JSON.stringify(rule)}`, async () => {
      const alone = valueOf((await read(rule, undefined, {})).cluster.services);
      const both = await read(rule);
      assert.deepEqual(asked("services"), ["/api/v1/services"]);
      assert.deepEqual(asked("pods"), ["/api/v1/pods"]);
      assert.deepEqual(valueOf(both.cluster.services), alone);
      const { services } = valueOf(both.traffic?.services ?? assert.fail("no traffic"));
      assert.equal(services.length, SERVICES.length);
    });

  it("have the namespace of imports read beside, where a rule names it", async () => {
    await read({ namespace: "istio-federation", service: "bar-xyz-b" });
    assert.deepEqual(asked("services"), ["/api/v1/namespaces/istio-federation/services", "/api/v1/services"]);
  });

  it("are read by namespace for exports, where this user may not list all", async () => {
    const { cluster, traffic: readings } = await read({ namespace: "abc", service: "foo" }, (path) =>
      path.includes("/namespaces/") ? undefined : FORBIDDEN,
    );
    assert.deepEqual(
      valueOf(cluster.services).services.map(({ name }) => name),
      ["foo"],
    );
    assert.ok(readings !== undefined && "forbidden" in readings.services);
  });

  it("are a fault of both where the API server refuses", async () => {
    const { cluster, traffic: readings } = await read({ namespace: "abc", service: "foo" }, () => ({
      status: 400,
    }));
    assert.ok(readings !== undefined);
    assert.deepEqual(faultsOf(cluster.services), faultsOf(readings.services));
  });
});
