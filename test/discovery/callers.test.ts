import assert from "node:assert/strict";
import { surveyCallers } from "../../discovery/callers.ts";
import { SurveyedCluster } from "../../discovery/surveyedCluster.ts";
import { parseConfig } from "../../federation/config.ts";
import type { GuardedService } from "../../federation/callerPolicy.ts";
import { FaultsError } from "../../federation/fault.ts";
import { publishPolicies } from "../../federation/lastPolicies.ts";
import { guarded, policiesFor } from "../federation/callersFixture.ts";
import { FakeApiServer } from "../providers/support/fakeApiServer.ts";
import { writeNowhere } from "../providers/support/kubeconfigFile.ts";

const config = parseConfig(
  {
    cluster: { name: "cluster-b", domain: "b.local" },
    kubeconfig: { context: "cluster-b" },
    peers: { "cluster-a": { stack: "a" }, "cluster-c": { stack: "c" } },
  },
  "cluster-b",
);
const pinned = {
  cluster: "cluster-a",
  clusterDomain: "a.local",
  trustDomain: "a.local",
  rootCertificates: [],
};
const peers = { "cluster-a": { pinned } as never, "cluster-c": {} };
const bar = guarded({ callers: [{ peer: "cluster-a", namespaces: ["client"] }] });
const last = publishPolicies(policiesFor({ localCallers: [] }).policies);

describe("A survey of callers", () => {
  let server: FakeApiServer;

  beforeEach(async () => {
    server = await FakeApiServer.start();
  });

  afterEach(() => {
    server.stop();
  });

  const survey = (exported: GuardedService[] | undefined, published: unknown = last) =>
    surveyCallers(new SurveyedCluster(server.kubeconfig), exported, config, peers, published);

  it("finds by the policies that are there which ones are to be beside them", async () => {
    const items = [
      { metadata: { namespace: "shop", name: "theirs" }, spec: { selector: { matchLabels: { v: "2" } } } },
    ];
    server.answerBy((request) => ({ status: 200, body: { items: request.includes("/shop/") ? items : [] } }));
    const { policies, notes, warnings, withheld } = await survey([bar]);
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
    assert.deepEqual([warnings, withheld], [[], []]);
  });

  it("tells what cannot be held, with the host that is not to be offered", async () => {
    server.answer({ status: 200, body: { items: [] } });
    const { warnings, withheld, policies } = await survey([{ ...bar, selector: {} }]);
    assert.deepEqual([withheld, policies], [[bar.host], []]);
    assert.match(warnings.join("\n"), /^Service shop\/bar\.selector: is not there, .*held back\./);
  });

  it("keeps the last policies of a cluster that was not reached, or is not any more, and says so", async () => {
    const nowhere = new SurveyedCluster(await writeNowhere());
    for (const found of [await survey(undefined), await surveyCallers(nowhere, [bar], config, peers, last)]) {
      assert.deepEqual(publishPolicies(found.policies), last);
      assert.deepEqual(found.warnings, [
        "What holds callers stays as the last update made it: 1 AuthorizationPolicy(s)",
      ]);
    }
    assert.deepEqual((await survey(undefined, null)).warnings, []);
    await assert.rejects(survey(undefined, { x: 1 }), FaultsError);
  });
});
