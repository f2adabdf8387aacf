import assert from "node:assert/strict";
import { FaultsError } from "../../../federation/core/fault.ts";
import { KUBECONFIG, LOCAL_CLUSTER, ROOT_A, configFaults, validConfig } from "../samples.ts";

const server = "https://api.cluster-a.example:6443";
const mesh = {
  topology: "single-mesh",
  singleMesh: { meshId: "mesh1", apiServer: { server }, allowPeersToReadSecrets: true },
};

describe("The config of a single mesh", () => {
  it("has tokens that expire after thirty days by default", () => {
    const raw = { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...mesh };
    assert.deepEqual(validConfig(raw, "cluster-a").singleMesh, {
      meshId: "mesh1",
      apiServer: { server },
      tokenHours: 720,
      longLivedTokens: false,
      allowPeersToReadSecrets: true,
    });
  });

  it("is required with topology single-mesh, and refused with any other", () => {
    assert.deepEqual(configFaults({ topology: "single-mesh" }), ["singleMesh"]);
    assert.deepEqual(configFaults({ singleMesh: mesh.singleMesh }), ["singleMesh"]);
    assert.ok(configFaults({ ...mesh, topology: "replicated" }).includes("singleMesh"));
    assert.deepEqual(configFaults(mesh), []);
  });

  for (const [service, faults] of [
    [{ type: "NodePort", externalTrafficPolicy: "Local" }, ["gateway.service.externalTrafficPolicy"]],
    [{ type: "NodePort", externalTrafficPolicy: "Cluster" }, []],
    [{ externalTrafficPolicy: "Local" }, []],
    [
      { type: "NodePort", annotations: { "traffic.istio.io/nodeSelector": '{"a":"b"}' } },
      ['gateway.service.annotations["traffic.istio.io/nodeSelector"]'],
    ],
    [
      { annotations: { "traffic.istio.io/nodeSelector": "{}" } },
      ['gateway.service.annotations["traffic.istio.io/nodeSelector"]'],
    ],
  ] as const) {
    it(`needs a Service of the gateway that istiods can call: ${JSON.stringify(service)}`, () => {
      assert.deepEqual(configFaults({ ...mesh, gateway: { service } }), faults);
    });
  }

  it("reports all fields of other topologies at once", () => {
    const found = configFaults({
      ...mesh,
      exports: [{ namespace: "abc", service: "foo" }],
      brake: { removals: 1 },
      peers: {
        b: { stack: "b", exportTo: ["abc"], acceptRemoval: "0123456789ab" },
        c: { stack: "c" },
      },
      gateway: { advertise: [{ address: "203.0.113.1" }], values: { networkGateway: "n" } },
      istio: {
        values: {
          istiod: {
            global: { meshID: "other", network: "n", multiCluster: { clusterName: "c", enabled: true } },
          },
        },
      },
    });
    assert.deepEqual(
      new Set(found),
      new Set([
        "exports",
        "brake",
        "peers.b.exportTo",
        "peers.b.acceptRemoval",
        "gateway.advertise",
        "istio.values.istiod.global.meshID",
        "istio.values.istiod.global.multiCluster.clusterName",
        "istio.values.istiod.global.network",
        "gateway.values.networkGateway",
      ]),
    );
  });

  for (const allow of [undefined, false]) {
    it(`refuses peers without allowPeersToReadSecrets: ${allow}`, () => {
      const singleMesh = { ...mesh.singleMesh, allowPeersToReadSecrets: allow };
      const peers = { b: { stack: "b" } };
      const raw = { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...mesh, singleMesh };
      assert.throws(
        () => validConfig({ ...raw, peers }, "cluster-a"),
        /singleMesh\.allowPeersToReadSecrets: .*must be true, as there are peers \(b\): .*read all Secrets.*Accept that by writing true if/,
      );
      assert.deepEqual(configFaults({ ...mesh, singleMesh, peers: {} }), []);
    });
  }

  it("accepts only true for allowPeersToReadSecrets", () => {
    const singleMesh = { ...mesh.singleMesh, allowPeersToReadSecrets: "yes" };
    const peers = { b: { stack: "b" } };
    assert.deepEqual(configFaults({ ...mesh, singleMesh, peers }), ["singleMesh.allowPeersToReadSecrets"]);
  });

  it("treats an empty section as missing", () => {
    assert.deepEqual(configFaults({ ...mesh, exports: [], brake: {} }), []);
    assert.deepEqual(configFaults({ singleMesh: {} }), []);
    assert.deepEqual(configFaults({ topology: "single-mesh", singleMesh: {} }), ["singleMesh"]);
  });

  const cases: [string, object, string[]][] = [
    ["no mesh ID", { meshId: undefined }, ["singleMesh.meshId"]],
    ["a mesh ID that is not a label value", { meshId: "a b" }, ["singleMesh.meshId"]],
    ["no API server", { apiServer: undefined }, ["singleMesh.apiServer"]],
    ["a lifetime below an hour", { tokenHours: 0.5 }, ["singleMesh.tokenHours"]],
    ["a lifetime above a year", { tokenHours: 8761 }, ["singleMesh.tokenHours"]],
    [
      "a lifetime for tokens without expiry",
      { tokenHours: 24, longLivedTokens: true },
      ["singleMesh.tokenHours"],
    ],
    [
      "an invalid certificate",
      { apiServer: { server, certificateAuthority: "x" } },
      ["singleMesh.apiServer.certificateAuthority"],
    ],
  ];
  for (const [what, change, paths] of cases) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(configFaults({ ...mesh, singleMesh: { ...mesh.singleMesh, ...change } }), paths);
    });
  }

  for (const url of [
    "http://api.example:6443",
    "api.example:6443",
    "https://",
    "https://user:word@api.example",
    "https://api.example/?a=b",
    "https://api.example/#a",
    "https://0x7f.1:6443",
    "https://2130706433",
    "https://api.example\\@other.example",
    "https://api example",
    `https://${"a".repeat(2048)}.example`,
  ]) {
    it(`refuses ${url.slice(0, 50)} for an API server`, () => {
      const singleMesh = { ...mesh.singleMesh, apiServer: { server: url } };
      assert.deepEqual(configFaults({ ...mesh, singleMesh }), ["singleMesh.apiServer.server"]);
    });
  }

  for (const url of [
    "https://10.0.0.1",
    "https://[2001:db8::1]:6443",
    "https://rancher.example/k8s/clusters/c-1",
  ]) {
    it(`accepts ${url} for an API server`, () => {
      const apiServer = { server: url, certificateAuthority: ROOT_A };
      assert.deepEqual(configFaults({ ...mesh, singleMesh: { ...mesh.singleMesh, apiServer } }), []);
    });
  }

  const withCertificates = (certificateAuthority: string) => ({
    ...{ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...mesh },
    singleMesh: { ...mesh.singleMesh, apiServer: { server, certificateAuthority } },
  });

  it("keeps certificates without the text around them", () => {
    const { singleMesh } = validConfig(withCertificates(`a note\n${ROOT_A}another note`), "cluster-a");
    assert.equal(singleMesh?.apiServer.certificateAuthority, ROOT_A);
  });

  for (const key of ["PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]) {
    it(`refuses and hides a key beside the certificates: ${key}`, () => {
      const pem = `${ROOT_A}-----BEGIN ${key}-----\nc2VjcmV0\n-----END ${key}-----\n`;
      assert.throws(
        () => validConfig(withCertificates(pem), "cluster-a"),
        ({ message }: Error) =>
          message.includes("singleMesh.apiServer.certificateAuthority: has a private key in it") &&
          message.includes("has 1 fault(s)") &&
          !message.includes("c2VjcmV0"),
      );
    });
  }

  it("names AuthorizationPolicies as the remedy for export settings", () => {
    try {
      validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...mesh, brake: { removals: 1 } }, "a");
      assert.fail("must fail");
    } catch (error) {
      assert.ok(error instanceof FaultsError);
      assert.match(error.message, /brake: has no effect in a single mesh.*AuthorizationPolicies/);
    }
  });
});
