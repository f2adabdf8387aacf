import assert from "node:assert/strict";
import type { Import } from "../../../federation/imports/import.ts";
import { publishedImports } from "../../../federation/imports/publishedImports.ts";
import type { Registration } from "../../../federation/imports/registration.ts";
import type { LastRun } from "../../../federation/lastRun.ts";
import { barImport, contractOf, KUBECONFIG, LOCAL_CLUSTER, NO_LAST_RUN, validConfig } from "../samples.ts";

const DECKHOUSE = {
  deckhouse: { metadataEndpoint: "https://d.example.com/metadata/", trustDomain: "d.local" },
};

/** A ready peer whose contract is of a cluster with its name. */
function registration(peer: string, services: Record<string, Import> = {}): Registration {
  const identity = { cluster: peer, clusterDomain: `${peer}.local`, trustDomain: `${peer}.local` };
  const contract = contractOf(identity);
  return {
    ...{ peer, services, contract, pinned: contract, gateways: [], state: "ready", reason: "", since: "" },
    ...{ heldSince: "", refused: [], refusedHosts: [], heldNames: [] },
  };
}

const pending = (peer: string): Registration => ({
  ...registration(peer),
  state: "pending",
  contract: undefined,
});

const config = validConfig(
  {
    cluster: LOCAL_CLUSTER,
    kubeconfig: KUBECONFIG,
    peers: { b: { stack: "b", exportTo: ["shop"] }, c: { stack: "c" } },
  },
  "cluster-a",
);

describe("The imports that a contract names", () => {
  const cases: [string, Registration[], unknown, LastRun["contract"]?][] = [
    ["are none without peers", [], {}],
    [
      "are by exporter, under the host's name there, with the namespaces that see them",
      [
        registration("b", { "bar.xyz.svc.b.local": barImport }),
        registration("c", {
          "bar.xyz.svc.c.mesh": { ...barImport, remoteHost: "bar.xyz.svc.cluster.local" },
        }),
      ],
      {
        "b.local/b": { "bar.xyz.svc.b.local": ["shop"] },
        "c.local/c": { "bar.xyz.svc.cluster.local": ["*"] },
      },
    ],
    [
      "are seen by the namespaces of each name that a host has here",
      [
        registration("b", {
          "bar.xyz.svc.b.local": { ...barImport, exportTo: ["web"] },
          "bar.example.org": { ...barImport, exportTo: ["api"], remoteHost: "bar.xyz.svc.b.local" },
        }),
      ],
      { "b.local/b": { "bar.xyz.svc.b.local": ["api", "web"] } },
    ],
    [
      "are of every peer that serves a host",
      [
        registration("b", {
          "bar.xyz.global": {
            ...barImport,
            servedBy: ["b", "c"].map((peer) => ({ peer, weight: undefined })),
          },
        }),
        registration("c"),
      ],
      { "b.local/b": { "bar.xyz.global": ["shop"] }, "c.local/c": { "bar.xyz.global": ["shop"] } },
    ],
    ["say that nothing is imported of a peer", [registration("c")], { "c.local/c": {} }],
    [
      "stay while a peer is not ready",
      [pending("c")],
      { "c.local/c": { "old.xyz.svc.c.local": ["*"] } },
      contractOf({ imports: { "c.local/c": { "old.xyz.svc.c.local": ["*"] } } }),
    ],
  ];
  for (const [title, registrations, expected, contract] of cases)
    it(title, () => {
      const byPeer = Object.fromEntries(registrations.map((each) => [each.peer, each]));
      const known = structuredClone(contract);
      assert.deepEqual(publishedImports(byPeer, { config, lastRun: { ...NO_LAST_RUN, contract } }), expected);
      assert.deepEqual(contract, known, "what was published stays as it is");
    });

  it("are not those of Deckhouse clusters, which read no contract", () => {
    const deckhouse = { ...config, peers: { d: { ...config.peers["c"], ...DECKHOUSE } } };
    const found = publishedImports(
      { d: registration("d", { "bar.xyz.svc.d.local": barImport }) },
      {
        ...{ config: deckhouse, lastRun: NO_LAST_RUN },
      },
    );
    assert.deepEqual(found, {});
  });
});
