import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parseConfig } from "../../../federation/config/stackConfig.ts";
import { KUBECONFIG, LOCAL_CLUSTER, configFaults } from "../samples.ts";

describe("The config of peers", () => {
  for (const [name, raw, path] of [
    ["a peer with our own name", { peers: { "cluster-a": { stack: "b" } } }, "peers.cluster-a"],
    ["a peer with a bad name", { peers: { "b.c": { stack: "b" } } }, 'peers["b.c"]'],
    ["a peer that is our own stack", { peers: { b: { stack: "cluster-a" } } }, "peers.b.stack"],
    ["two peers with the same stack", { peers: { c: { stack: "b" }, b: { stack: "b" } } }, "peers.c.stack"],
    ["a contract stack that is this very stack", { contract: { stack: "cluster-a" } }, "contract.stack"],
    [
      "a contract stack that is a peer's",
      { contract: { stack: "b" }, peers: { b: { stack: "b" } } },
      "contract.stack",
    ],
    ["a stack of two parts", { peers: { b: { stack: "acme/b" } } }, "peers.b.stack"],
    ["a stack of four parts", { peers: { b: { stack: "a/b/c/d" } } }, "peers.b.stack"],
    ["a stack with an empty part", { peers: { b: { stack: "a//b" } } }, "peers.b.stack"],
    ["no stack", { peers: { b: { exportTo: ["*"] } } }, "peers.b.stack"],
    ["an empty exportTo", { peers: { b: { stack: "b", exportTo: [] } } }, "peers.b.exportTo"],
    ["'*' beside a namespace", { peers: { b: { stack: "b", exportTo: ["*", "abc"] } } }, "peers.b.exportTo"],
    [
      "'.' beside the namespace that it stands for",
      { peers: { b: { stack: "b", exportTo: [".", "istio-federation"] } } },
      "peers.b.exportTo[1]",
    ],
    ["'~', which nobody would see", { peers: { b: { stack: "b", exportTo: ["~"] } } }, "peers.b.exportTo[0]"],
    ["an invalid token", { peers: { b: { stack: "b", acceptRemoval: "yes" } } }, "peers.b.acceptRemoval"],
    ["a fractional number of removals", { brake: { removals: 0.5 } }, "brake.removals"],
    ["a share above 1", { brake: { share: 50 } }, "brake.share"],
    ["a bad namespace", { peers: { b: { stack: "b", exportTo: ["a/*"] } } }, "peers.b.exportTo[0]"],
  ] as const) {
    it(`is refused for ${name}`, () => {
      assert.deepEqual(configFaults(raw), [path]);
    });
  }
});

describe("A misspelt kind of stack", () => {
  for (const [written, meant] of [
    ["contractof", "contractOf"],
    ["ContractOf", "contractOf"],
    ["rootAuthorty", "rootAuthority"],
  ] as const)
    it(`is corrected: ${written}`, () => {
      const { faults } = parseConfig({ [written]: "paris" }, "paris-contract");
      assert.equal(faults[0]?.remedy, `Write '${meant}', if that is what you mean`);
    });
});

describe("The place of a peer's contract", () => {
  const faultsOf = (peer: object, topology = "federation") =>
    parseConfig(
      {
        cluster: LOCAL_CLUSTER,
        kubeconfig: KUBECONFIG,
        topology,
        peers: { b: peer },
        ...(topology === "single-mesh" ? { singleMesh: { meshId: "m" } } : {}),
      },
      "cluster-a",
    ).faults.filter(({ path }) => path.startsWith("peers."));

  for (const peer of [
    { stack: "b" },
    { file: "contracts/b.json" },
    { url: "https://contracts.example/b.json" },
    {
      url: "https://contracts.example/b.json",
      certificateAuthority: "ca.pem",
      headers: { authorization: "x" },
    },
  ])
    it(`is accepted as ${JSON.stringify(peer)}`, () => {
      assert.deepEqual(faultsOf(peer), []);
    });

  for (const [title, peer, path] of [
    ["none", {}, "peers.b.stack"],
    ["two", { stack: "b", file: "b.json" }, "peers.b.file"],
    ["an address without TLS", { url: "http://contracts.example/b.json" }, "peers.b.url"],
    ["an address with a password", { url: "https://me:s3cret@contracts.example/b.json" }, "peers.b.url"],
    ["an address with a secret in it", { url: "http://contracts.example/?token=s3cret" }, "peers.b.url"],
    [
      "certificates without an address",
      { stack: "b", certificateAuthority: "ca.pem" },
      "peers.b.certificateAuthority",
    ],
    ["headers without an address", { file: "b.json", headers: { a: "s3cret" } }, "peers.b.headers"],
    [
      "a header that is no text",
      { url: "https://x.example/", headers: { a: 12345678 } },
      "peers.b.headers.a",
    ],
    [
      "a header of two lines",
      { url: "https://x.example/", headers: { a: "s3cret\nb: c" } },
      "peers.b.headers.a",
    ],
  ] as const)
    it(`is refused: ${title}`, () => {
      const faults = faultsOf(peer);
      assert.deepEqual(
        faults.map((fault) => fault.path),
        [path],
      );
      assert.doesNotMatch(JSON.stringify(faults), /s3cret|12345678/);
    });

  it("hides the address of Deckhouse's metadata, which may have a password in it", () => {
    const metadataEndpoint = "https://me:s3cret@istio.example/metadata/";
    const faults = faultsOf({ deckhouse: { metadataEndpoint }, identity: { trustDomain: "b.local" } });
    assert.equal(faults[0]?.path, "peers.b.deckhouse.metadataEndpoint");
    assert.doesNotMatch(JSON.stringify(faults), /s3cret/);
  });

  it("is a stack in a single mesh, which has credentials too", () => {
    assert.deepEqual(
      faultsOf({ file: "b.json" }, "single-mesh").map(({ path }) => path),
      ["peers.b.file"],
    );
  });
});
