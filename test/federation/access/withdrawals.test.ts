import assert from "node:assert/strict";
import { checkWithdrawals } from "../../../federation/access/withdrawals.ts";
import type { Caller } from "../../../federation/config/callers.ts";
import type { ContractService } from "../../../federation/contract/service.ts";
import { FaultsError } from "../../../federation/core/fault.ts";
import { findImporters, type ImportedBy } from "../../../federation/exports/importedBy.ts";
import type { Offer } from "../../../federation/exports/offer.ts";
import { runPart } from "../planContext.ts";
import { contractOf, KUBECONFIG, LOCAL_CLUSTER, validConfig } from "../samples.ts";

const FOO = "foo.abc.svc.cluster-a.local";
const B = "cluster-b.local/cluster-b";
const identities = { "cluster-b": B, "cluster-c": "cluster-c.local/cluster-c" };

const foo: ContractService = {
  ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
  subjectAltNames: ["spiffe://cluster-a.local/ns/abc/sa/foo"],
};
const imported: ImportedBy = { "cluster-b": { [FOO]: ["shop", "web"] } };

interface Case {
  before?: Record<string, ContractService>;
  after?: Record<string, ContractService>;
  importedBy?: ImportedBy;
  silent?: string[];
  callers?: [Caller[] | undefined, Caller[] | undefined];
  peers?: string[];
  accept?: string;
  revision?: number;
}

function check({
  before = { [FOO]: foo },
  after = {},
  importedBy = imported,
  silent = [],
  callers: [known, now] = [undefined, undefined],
  peers = ["cluster-b", "cluster-c"],
  accept,
  revision = 1,
}: Case): { fault: string; warnings: string[] } {
  const config = validConfig(
    {
      ...{ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG },
      peers: Object.fromEntries(peers.map((peer) => [peer, { stack: peer }])),
      brake: { acceptWithdrawal: accept },
    },
    "cluster-a",
  );
  const lastRun = {
    contract: contractOf({ services: before, revision }),
    callers: known === undefined ? {} : { [FOO]: known },
  };
  const offers = [{ host: FOO, rule: { callers: now } } as Offer];
  try {
    const { warnings } = runPart(config, { lastRun }, (context) => {
      checkWithdrawals(
        context,
        { offers, services: after, aliases: [] },
        { byPeer: importedBy, remembered: {}, silent },
        identities,
      );
    });
    return { fault: "", warnings };
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    return { fault: error.message, warnings: [] };
  }
}

describe("An update that takes from peers what they import", () => {
  const refused: [string, Case, RegExp][] = [
    [
      "is braked: the export is removed",
      {},
      /is not exported any more: peer cluster-b imports it \(in shop, web\)/,
    ],
    ["is braked: a port is removed", { after: { [FOO]: { ...foo, ports: [] } } }, /loses port 8080/],
    [
      "is braked: the peer is taken off",
      { after: { [FOO]: { ...foo, peers: ["cluster-c.local/cluster-c"] } } },
      /is not offered to cluster-b\.local\/cluster-b any more/,
    ],
    [
      "is braked: the peer leaves the config",
      { after: { [FOO]: foo }, peers: ["cluster-c"] },
      /is imported by a cluster that is not in the config any more: peer cluster-b/,
    ],
    [
      "is braked: callers are restricted for the first time",
      { after: { [FOO]: foo }, callers: [undefined, [{ namespaces: ["web"] }]] },
      /refuses some of its callers from now on/,
    ],
    [
      "is braked: callers are restricted further",
      { after: { [FOO]: foo }, callers: [[{ namespaces: ["web", "shop"] }], [{ namespaces: ["web"] }]] },
      /refuses some of its callers/,
    ],
    [
      "is braked: methods are restricted",
      { after: { [FOO]: foo }, callers: [[{}], [{ methods: ["GET"] }]] },
      /refuses some of its callers/,
    ],
    [
      "is braked: the callers of another peer alone stay",
      { after: { [FOO]: foo }, callers: [[{}], [{ peer: "cluster-c" }]] },
      /refuses some of its callers/,
    ],
  ];
  for (const [title, given, expected] of refused)
    it(title, () => {
      const { fault } = check(given);
      assert.match(fault, expected);
      assert.match(fault, /brake\.acceptWithdrawal' withdrawal-[0-9a-f]{12}`/);
    });

  const accepted: [string, Case][] = [
    ["nobody imports it", { importedBy: {} }],
    ["it stays", { after: { [FOO]: foo } }],
    ["it was not published before", { before: {} }],
    ["it was for others only", { before: { [FOO]: { ...foo, peers: [] } } }],
    [
      "callers are widened",
      { after: { [FOO]: foo }, callers: [[{ namespaces: ["web"] }], [{ namespaces: ["web", "shop"] }]] },
    ],
    [
      "callers are not restricted any more",
      { after: { [FOO]: foo }, callers: [[{ namespaces: ["web"] }], undefined] },
    ],
    [
      "callers of another peer are restricted",
      {
        after: { [FOO]: foo },
        callers: [[{}], [{ peer: "cluster-b" }, { peer: "cluster-c", namespaces: ["x"] }]],
      },
    ],
  ];
  for (const [title, given] of accepted)
    it(`is none where ${title}`, () => {
      assert.equal(check(given).fault, "");
    });

  it("passes with the token of exactly this change", () => {
    const token = /withdrawal-[0-9a-f]{12}/.exec(check({}).fault)?.[0];
    assert.equal(check({ accept: token! }).fault, "");
    const other = { ...imported, "cluster-c": { [FOO]: ["*"] } };
    assert.match(
      check({ accept: token!, importedBy: other }).fault,
      /peer cluster-c imports it \(in all namespaces\)/,
    );
  });

  it("does not pass another time by the same token", () => {
    const token = /withdrawal-[0-9a-f]{12}/.exec(check({}).fault)?.[0];
    assert.match(check({ accept: token!, revision: 3 }).fault, /is not exported any more/);
  });

  it("names the peers of which it is not known what they import", () => {
    const token = /withdrawal-[0-9a-f]{12}/.exec(check({}).fault)?.[0];
    const [warning] = check({ accept: token!, silent: ["cluster-c"] }).warnings;
    assert.match(warning!, /not known what these peers import, .*: cluster-c/);
  });

  it("lists twenty, and counts the others", () => {
    const hosts = Array.from({ length: 10_000 }, (_, index) => `s${index}.abc.svc.cluster-a.local`);
    const { fault } = check({
      before: Object.fromEntries(hosts.map((host) => [host, foo])),
      importedBy: { "cluster-b": Object.fromEntries(hosts.map((host) => [host, ["*"]])) },
    });
    assert.match(fault, /; and 9,980 more\./);
    assert.ok(fault.length < 4000, `${fault.length} characters`);
  });
});

describe("The importers of a cluster's services", () => {
  const config = validConfig(
    {
      cluster: LOCAL_CLUSTER,
      kubeconfig: KUBECONFIG,
      peers: { "cluster-b": { stack: "b" }, "cluster-c": { stack: "c" } },
    },
    "cluster-a",
  );
  const own = "cluster-a.local/cluster-a";
  const of = (imports: unknown, lastRun: ImportedBy = {}) =>
    runPart(config, { lastRun: { __importedBy: lastRun } }, (context) =>
      findImporters({ "cluster-b": { contract: contractOf({ imports }) } as never }, context),
    ).result;

  it("are those that the contracts of peers name, for this cluster alone", () => {
    const imports = { [own]: { [FOO]: ["shop"] }, "x.local/x": { "a.b.svc.x.local": ["*"] } };
    const byPeer = { "cluster-b": { [FOO]: ["shop"] } };
    assert.deepEqual(of(imports), { byPeer, remembered: byPeer, silent: ["cluster-c"] });
  });

  it("are none of a peer that imports from others", () => {
    const byPeer = { "cluster-b": {} };
    assert.deepEqual(of({}), { byPeer, remembered: byPeer, silent: ["cluster-c"] });
  });

  it("stay as they were known of peers that cannot be read, and of those that left the config", () => {
    const known = { "cluster-b": { [FOO]: ["*"] }, former: { [FOO]: ["a"] } };
    const { byPeer, remembered } = of(undefined, known);
    assert.deepEqual(byPeer, known);
    // Once a peer is gone, nothing more can be taken from it.
    assert.deepEqual(remembered, { "cluster-b": known["cluster-b"] });
  });
});
