import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { StackConfig } from "../../../federation/config/stackConfig.ts";
import { isOfferedTo } from "../../../federation/contract/audience.ts";
import { contractService } from "../../../federation/contract/service.ts";
import { ownValue } from "../../../federation/core/order.ts";
import { importerIdentities } from "../../../federation/exports/exportPlan.ts";
import { importersOf } from "../../../federation/exports/offer.ts";
import { planRegistrations } from "../../../federation/imports/registrations.ts";
import { trustedPeers } from "../../../federation/trust/pinnedPeer.ts";
import { runPart } from "../planContext.ts";
import {
  KUBECONFIG,
  LOCAL_CLUSTER,
  ROOT_B,
  ROOT_C,
  ROOT_D,
  barService,
  contractOf,
  validConfig,
} from "../samples.ts";

const PINNED = { cluster: "b", clusterDomain: "b.local", trustDomain: "b.local", rootCertificates: [] };

describe("The identity of an importer in a contract", () => {
  const identityOf = (
    identity: StackConfig["peers"][string]["identity"],
    pinned?: { cluster?: string; trustDomain: string },
  ) =>
    importerIdentities(
      { tokyo: { stack: "b", identity } },
      pinned === undefined ? {} : { tokyo: { ...PINNED, ...pinned } },
    )["tokyo"];

  it("is the pinned one", () => {
    assert.equal(identityOf(undefined, { cluster: "b", trustDomain: "b.local" }), "b.local/b");
  });

  it("is the configured one first, field by field", () => {
    assert.equal(identityOf({ cluster: "c" }, PINNED), "b.local/c");
    assert.equal(identityOf({ trustDomain: "c.local" }, PINNED), "c.local/b");
    assert.equal(identityOf({ cluster: "c", trustDomain: "c.local" }), "c.local/c");
  });

  it("has the peer's name in the config where neither has one, and is unknown without a trust domain", () => {
    assert.equal(identityOf({ trustDomain: "c.local" }), "c.local/tokyo");
    assert.equal(identityOf({ cluster: "c" }), undefined);
    assert.equal(identityOf(undefined), undefined);
  });

  it("is no name of an object's prototype", () => {
    assert.deepEqual(
      importersOf(["constructor"], importerIdentities({ constructor: { stack: "b" } }, {})),
      [],
    );
  });
});

/** Peers of one exporter by their names in its config, each with what it publishes of itself. */
interface Publisher {
  cluster: string;
  trustDomain: string;
}

const KEYS = ["e", "f", "g"] as const;
const ROOTS: Readonly<Record<string, string>> = { e: ROOT_B, f: ROOT_C, g: ROOT_D };

/** Any names and trust domains, often those of another peer. */
const published = fc.record({
  cluster: fc.constantFrom("b", "e", "f", "g"),
  trustDomain: fc.constantFrom("b.local", "e.local", "f.local", "g.local"),
});
const federation = fc.record({ e: published, f: published, g: published });

describe("Services for chosen peers, whatever peers call themselves,", () => {
  /** Pins of the exporter after a run in which the peers published these. */
  const pinsOf = (peers: Readonly<Record<string, Publisher>>, pinned = {}) => {
    const config = validConfig(
      {
        cluster: LOCAL_CLUSTER,
        kubeconfig: KUBECONFIG,
        peers: Object.fromEntries(KEYS.map((key) => [key, { stack: `o/p/${key}` }])),
      },
      "cluster-a",
    );
    const readings = Object.fromEntries(
      Object.entries(peers).map(([key, { cluster, trustDomain }]) => {
        const own = { clusterDomain: `${key}.example`, rootCertificates: [ROOTS[key]], services: {} };
        return [key, { contract: contractOf({ cluster, trustDomain, ...own }) }];
      }),
    );
    const { result } = runPart(config, { peers: readings, lastRun: { pinned } }, (context) =>
      trustedPeers(planRegistrations(context, undefined).peers),
    );
    return { identities: importerIdentities(config.peers, result), pinned: result };
  };
  const isFor = (
    audience: readonly string[],
    { identities }: ReturnType<typeof pinsOf>,
    importer: Publisher,
  ) => isOfferedTo({ ...barService, peers: importersOf(audience, identities) }, importer);

  it("are for the pinned ones among them, and for no other", () => {
    const seen = { offered: 0, held: 0 };
    fc.assert(
      fc.property(federation, fc.subarray([...KEYS]), (peers, audience) => {
        const plan = pinsOf(peers);
        for (const key of KEYS) {
          const isPinned = ownValue(plan.pinned, key) !== undefined;
          assert.equal(isFor(audience, plan, peers[key]), isPinned && audience.includes(key));
          if (isPinned) seen.offered++;
          else seen.held++;
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(seen.offered > 100 && seen.held > 100, JSON.stringify(seen));
  });

  it("stay for the peers that were pinned when peers take their names later", () => {
    const first = {
      e: { cluster: "e", trustDomain: "e.local" },
      f: { cluster: "f", trustDomain: "f.local" },
    };
    const { pinned } = pinsOf(first);
    fc.assert(
      fc.property(federation, fc.subarray([...KEYS]), (later, audience) => {
        const plan = pinsOf(later, pinned);
        for (const key of ["e", "f"] as const)
          assert.equal(isFor(audience, plan, first[key]), audience.includes(key));
      }),
      { numRuns: 200 },
    );
  });

  it("are named in a valid contract", () => {
    fc.assert(
      fc.property(federation, fc.subarray([...KEYS]), (peers, audience) => {
        const offered = { ...barService, peers: importersOf(audience, pinsOf(peers).identities) };
        assert.equal(contractService.safeParse(offered).success, true);
      }),
      { numRuns: 50 },
    );
  });
});
