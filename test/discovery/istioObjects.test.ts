import assert from "node:assert/strict";
import { ClusterReader } from "../../discovery/clusterReader.ts";
import {
  readDestinationRules,
  readIstiod,
  readPeerAuthentications,
  readPolicies,
  readServiceEntries,
} from "../../discovery/istioObjects.ts";
import type { IstiodTrust } from "../../federation/authority/rotationStep.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import { fingerprintOf } from "../../federation/x509/certificate.ts";
import { ROOT_A, ROOT_B } from "../federation/samples.ts";
import { FORBIDDEN, fakeApiServer, listOf, objectOrNotFound } from "../providers/support/fakeApiServer.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { valueOf } from "./support.ts";

const OF_OTHERS = "labelSelector=app.kubernetes.io%2Fmanaged-by%21%3Distio-federation";
const created = "2026-11-21T10:00:00Z";
const metadata = { namespace: "xyz", name: "bar", creationTimestamp: created };
const common = { namespace: "xyz", name: "bar", created };

describe("Istio's objects in a cluster", () => {
  const server = fakeApiServer();

  const read = async <T>(request: (client: ClusterClient) => Promise<T>): Promise<T> =>
    valueOf(await new ClusterReader(server.kubeconfig).read(request));
  /** Requests but for the probe. */
  const asked = (): string[] => server.requests.filter((request) => request !== "GET /version").sort();

  it("are empty where the CRDs are not installed", async () => {
    const unknown = { status: 404, headers: { "audit-id": "x" } };
    server.answerBy((request) => (request.endsWith("/version") ? { status: 200 } : unknown));
    for (const request of [readPeerAuthentications, readDestinationRules, readServiceEntries]) {
      assert.deepEqual(await read<unknown>(request), []);
    }
    assert.deepEqual(await read((client) => readPolicies(client, ["shop"], "istio-system")), []);
  });

  it("include PeerAuthentications with their modes", async () => {
    server.answer(
      listOf([
        {
          metadata,
          spec: {
            selector: { matchLabels: { app: "bar" } },
            mtls: { mode: "STRICT" },
            portLevelMtls: { 8080: { mode: "DISABLE" }, 9090: { mode: "UNSET" }, 1: {} },
          },
        },
        { metadata, spec: { mtls: { mode: "UNSET" } } },
        { metadata },
      ]),
    );
    assert.deepEqual(await read(readPeerAuthentications), [
      {
        ...common,
        selector: { app: "bar" },
        mode: "STRICT",
        ports: { 1: { mode: undefined }, 8080: { mode: "DISABLE" }, 9090: { mode: undefined } },
      },
      { ...common, selector: {}, mode: undefined, ports: {} },
      { ...common, selector: {}, mode: undefined, ports: {} },
    ]);
  });

  it("include DestinationRules of others, by what decides how hosts are called", async () => {
    const tls = { mode: "SIMPLE" };
    server.answer(
      listOf([
        {
          metadata,
          spec: {
            host: "bar",
            exportTo: ["."],
            trafficPolicy: {
              tls: {},
              portLevelSettings: [{ port: { number: 80 }, tls }, { port: { number: 81 } }, { tls }],
            },
          },
        },
        { metadata, spec: { host: "bar", trafficPolicy: { loadBalancer: {} } } },
        {
          metadata: { ...metadata, labels: { team: "web" } },
          spec: { host: "bar", subsets: [{ name: "v1" }] },
        },
        { metadata, spec: { host: "bar", workloadSelector: {}, trafficPolicy: { tls } } },
        { metadata },
      ]),
    );
    const host = "bar";
    const found = { ...common, labels: {} };
    const portLevelSettings = [{ port: { number: 80 }, tls }, { port: { number: 81 } }, { tls }];
    assert.deepEqual(await read(readDestinationRules), [
      { ...found, spec: { host, exportTo: ["."], trafficPolicy: { tls: {}, portLevelSettings } } },
      { ...found, spec: { host, trafficPolicy: { loadBalancer: {} } } },
      { ...found, labels: { team: "web" }, spec: { host } },
      { ...found, spec: { host, workloadSelector: {}, trafficPolicy: { tls } } },
      { ...found, spec: {} },
    ]);
    assert.deepEqual(asked(), [`GET /apis/networking.istio.io/v1/destinationrules?limit=500&${OF_OTHERS}`]);
  });

  it("include ServiceEntries of others, read by one list", async () => {
    const labels = { team: "pay" };
    server.answer(
      listOf([
        { metadata: { ...metadata, labels }, spec: { hosts: ["www.example.org"], exportTo: ["."] } },
        { metadata: { name: "x" } },
      ]),
    );
    assert.deepEqual(await read(readServiceEntries), [
      { namespace: "xyz", name: "bar", labels, hosts: ["www.example.org"], exportTo: ["."] },
      { namespace: "", name: "x", labels: {}, hosts: [], exportTo: [] },
    ]);
    assert.deepEqual(asked(), [`GET /apis/networking.istio.io/v1/serviceentries?limit=500&${OF_OTHERS}`]);
  });
});

describe("AuthorizationPolicies of others", () => {
  const server = fakeApiServer();

  const read = (namespaces: string[]) =>
    new ClusterReader(server.kubeconfig).read((client) => readPolicies(client, namespaces, "istio-system"));

  it("are listed once per Service namespace and in Istio's, without the program's own", async () => {
    server.answer({ status: 200, body: { items: [] } });
    assert.deepEqual(valueOf(await read(["shop", "abc", "shop"])), []);
    const asked = server.requests.filter((request) => request.includes("/authorizationpolicies?")).sort();
    assert.deepEqual(
      asked.map((request) => /namespaces\/([^/]+)\//.exec(request)?.[1]),
      ["abc", "istio-system", "shop"],
    );
    for (const request of asked) assert.ok(request.includes(OF_OTHERS), request);
  });

  it("include only policies that workloads enforce", async () => {
    const named = (name: string, annotations = {}) => ({ namespace: "shop", name, annotations });
    server.answerBy((request) => {
      if (!request.includes("/namespaces/shop/")) return { status: 200, body: { items: [] } };
      const items = [
        { metadata: named("plain") },
        {
          metadata: named("labelled"),
          spec: { action: "DENY", selector: { matchLabels: { app: "bar" } } },
        },
        { metadata: named("asks"), spec: { action: "CUSTOM", selector: {} } },
        { metadata: named("logs"), spec: { action: "AUDIT" } },
        { metadata: named("dry", { "istio.io/dry-run": "true" }), spec: {} },
        { metadata: named("wet", { "istio.io/dry-run": "false" }), spec: {} },
        { metadata: named("gateway"), spec: { targetRefs: [{ kind: "Gateway" }] } },
        { metadata: named("waypoint"), spec: { targetRef: { kind: "Gateway" } } },
      ];
      return { status: 200, body: { items } };
    });
    assert.deepEqual(valueOf(await read(["shop"])), [
      { namespace: "shop", name: "plain", action: "ALLOW", selector: {} },
      { namespace: "shop", name: "labelled", action: "DENY", selector: { app: "bar" } },
      { namespace: "shop", name: "asks", action: "CUSTOM", selector: {} },
      { namespace: "shop", name: "wet", action: "ALLOW", selector: {} },
    ]);
  });

  it("are not listed where nothing is exported", async () => {
    server.answer({ status: 200, body: {} });
    assert.deepEqual(valueOf(await read([])), []);
    assert.deepEqual(server.requests, ["GET /version"]);
  });

  it("are forbidden, naming the request, where the user may not list them", async () => {
    server.answer({ status: 200, body: { gitVersion: "v1.36.1" } }, FORBIDDEN);
    const reading = await read(["shop"]);
    assert.ok("forbidden" in reading);
    assert.match(reading.forbidden, /^list authorizationpolicies in namespace (shop|istio-system)$/);
  });
});

describe("istiod's roots and signer", () => {
  const CONFIG_MAP = "/api/v1/namespaces/istio-system/configmaps/istio-ca-root-cert";
  const SECRET = "/api/v1/namespaces/istio-system/secrets/cacerts";
  /** An API server's 404; a proxy's has no such body. */
  const server = fakeApiServer();

  /** @param roots in istiod's ConfigMap; each object undefined where it is not there. */
  async function read(roots: string | undefined, secret: object | undefined): Promise<IstiodTrust> {
    server.answerBy((request) => {
      if (request.includes(SECRET)) return objectOrNotFound(secret);
      if (!request.includes(CONFIG_MAP)) return { status: 200, body: {} };
      return objectOrNotFound(
        roots === undefined ? undefined : { metadata: {}, data: { "root-cert.pem": roots } },
      );
    });
    return valueOf(await new ClusterReader(server.kubeconfig).read(readIstiod));
  }

  it("are undefined where istiod is not installed", async () => {
    const nothing = { isInstalled: false, roots: undefined, signer: undefined, signedUntil: {} };
    assert.deepEqual(await read(undefined, undefined), nothing);
  });

  it("include the roots that istiod published, in order", async () => {
    const { roots } = await read(ROOT_B + ROOT_A, undefined);
    assert.deepEqual(roots, [fingerprintOf(ROOT_B), fingerprintOf(ROOT_A)]);
    assert.equal((await read("no certificate", undefined)).roots, undefined);
  });

  it("include the issuer of the certificate in cacerts, and until when other roots signed", async () => {
    const root = await TestAuthority.root("O=a.local, CN=Root CA 2");
    const mesh = await root.intermediate("O=a.local, CN=Intermediate CA");
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const data = { "ca-cert.pem": base64(mesh.pem), "root-cert.pem": base64(ROOT_A + root.pem) };
    const { isInstalled, signer, signedUntil } = await read(ROOT_A, { metadata: { name: "cacerts" }, data });
    assert.deepEqual([isInstalled, signer, signedUntil], [true, fingerprintOf(root.pem), {}]);
    const annotations = { "istio-federation.dev/signed-until": '{"2": "2026-11-21T09:59:00Z"}' };
    const annotated = await read(ROOT_A, { metadata: { name: "cacerts", annotations } });
    assert.deepEqual(annotated.signedUntil, { 2: "2026-11-21T09:59:00Z" });
    assert.equal(annotated.signer, undefined);
  });
});
