import assert from "node:assert/strict";
import { decideCallers } from "../../discovery/decidedCallers.ts";
import type { Unreachable } from "../../discovery/surveyedCluster.ts";
import type { ForeignPolicy } from "../../federation/access/foreignPolicies.ts";
import { publishPolicies } from "../../federation/access/policies.ts";
import type { GuardedService } from "../../federation/access/policyTarget.ts";
import { FaultsError } from "../../federation/core/fault.ts";
import { pinnable } from "../../federation/trust/pinnedPeer.ts";
import { guarded, policiesFor } from "../federation/access/callersFixture.ts";
import { contractOf, validConfig } from "../federation/samples.ts";

const config = validConfig(
  {
    cluster: { name: "cluster-b", domain: "b.local" },
    kubeconfig: { context: "cluster-b" },
    peers: {
      "cluster-a": { stack: "a" },
      "cluster-c": { stack: "c", identity: { trustDomain: "c.example" } },
    },
  },
  "cluster-b",
);
const pinned = pinnable(contractOf({ trustDomain: "a.local" }), new Date(0));
const peers = { "cluster-a": { pinned }, "cluster-c": {} };
const bar = guarded({ callers: [{ peer: "cluster-a", namespaces: ["client"] }] });
const last = publishPolicies(policiesFor({ localCallers: [] }).policies);

describe("What is decided of callers", () => {
  const decide = (
    exported?: GuardedService[],
    foreign: ForeignPolicy[] | Unreachable = [],
    published: unknown = last,
    rules: object[] = [],
  ) => decideCallers({ ...config, exports: rules }, exported, foreign, peers, published);

  it("is beside the policies of others, which are told of", () => {
    const theirs: ForeignPolicy = {
      namespace: "shop",
      name: "theirs",
      action: "ALLOW",
      selector: { v: "2" },
    };
    const { policies, notes, warnings, withheld } = decide([bar], [theirs]);
    assert.deepEqual(
      policies.map(({ name, spec }) => [name.split(".")[0], spec.selector.matchLabels]),
      [
        ["istio-federation-allow-bar", { app: "bar", v: "2" }],
        ["istio-federation-deny-bar", { app: "bar" }],
      ],
    );
    assert.match(
      notes.join("\n"),
      /^AuthorizationPolicy shop\/theirs \(ALLOW\) is at workloads of 1 exported/,
    );
    assert.match(
      notes.join("\n"),
      /^1 ALLOW policy\(s\) for peers' callers .*\(shop\/istio-federation-allow-bar\./m,
    );
    assert.deepEqual([warnings, withheld], [[], []]);
    assert.deepEqual(decide([bar]).notes, []);
  });

  it("says what cannot be held, with the host that is not to be offered", () => {
    const { warnings, withheld, policies } = decide([{ ...bar, selector: {} }]);
    assert.deepEqual([withheld, policies], [[bar.host], []]);
    assert.match(warnings.join("\n"), /^Service shop\/bar\.selector: is not there, .*held back\./);
  });

  it("names a peer that was never seen as the config expects it", () => {
    const named = JSON.stringify(decide([bar]).policies);
    assert.match(named, /"a\.local\/\*"/);
    assert.match(named, /"c\.example\/\*"/);
  });

  it("knows ports from the last update that no workload tells, unless that cannot be read", () => {
    const published = publishPolicies(decide([bar]).policies);
    const silent = { ...bar, ports: [{ number: 80, name: "http", protocol: "HTTP" as const }] };
    assert.deepEqual(publishPolicies(decide([silent], [], published).policies), published);
    assert.match(decide([silent], [], { x: 1 }).warnings.join(), /no peer can call there/);
  });

  it("stays as it was last where the cluster was not reached, or is not any more, and says so", () => {
    for (const found of [decide(), decide([bar], { unreachable: "why" })]) {
      assert.deepEqual(publishPolicies(found.policies), last);
      assert.deepEqual(found.warnings, [
        "What holds callers stays as the last update made it: 1 AuthorizationPolicy(s)",
      ]);
    }
    assert.deepEqual(decide(undefined, [], null, [{ services: ["bar"] }]).warnings, []);
    assert.throws(() => decide(undefined, [], { x: 1 }), FaultsError);
  });

  for (const limit of ["peers", "ports", "callers", "localCallers"]) {
    it(`says that there is nothing yet that holds a rule's '${limit}', where the cluster was never reached`, () => {
      assert.deepEqual(decide(undefined, [], null, [{ services: ["bar"] }, { [limit]: [] }]).warnings, [
        "What holds callers stays as the last update made it: 0 AuthorizationPolicy(s)",
      ]);
    });
  }
});
