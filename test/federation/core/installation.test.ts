import assert from "node:assert/strict";
import { describe, it } from "mocha";
import {
  type ExistingObjects,
  FIRST_OBJECTS,
  existingObjectFindings,
} from "../../../federation/core/installation.ts";

const OURS = { "app.kubernetes.io/managed-by": "istio-federation" };
const all = (labels: Record<string, string>) => FIRST_OBJECTS.map((place) => ({ ...place, labels }));
const seen = (changes: Partial<ExistingObjects>) =>
  existingObjectFindings(
    { found: [], inState: [], takesOver: false, ...changes },
    { cluster: { name: "cluster-c", network: "cluster-c" }, kubeconfig: { context: "c" } },
  );

describe("Objects that the first update would create", () => {
  it("give no finding where there are none, or the state has them, or cannot be read", () => {
    const nothing = { faults: [], warnings: [] };
    assert.deepEqual(seen({}), nothing);
    assert.deepEqual(seen({ found: all(OURS), inState: FIRST_OBJECTS }), nothing);
    assert.deepEqual(seen({ found: all({}), inState: FIRST_OBJECTS }), nothing);
    assert.deepEqual(seen({ found: all({}), inState: undefined }), nothing);
  });

  it("are one fault with the recovery where they are this program's", () => {
    const { faults, warnings } = seen({ found: all(OURS), inState: FIRST_OBJECTS.slice(0, 1) });
    assert.deepEqual([faults.length, warnings], [1, []]);
    assert.equal(faults[0]?.path, "kubeconfig.context");
    assert.match(
      faults[0].rule,
      /with 6 object\(s\) of an installation of this program that the stack's state does not have \(Namespace istio-gateway, .* and 3 more\)/,
    );
    assert.match(
      faults[0].remedy,
      /^Name this stack's context if 'c' is another cluster\. .*pulumi stack import --file .*PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true pulumi up/,
    );
  });

  it("are taken over with a warning where the provider is told so", () => {
    const { faults, warnings } = seen({ found: all(OURS), takesOver: true });
    assert.deepEqual(faults, []);
    assert.match(warnings.join(), /^This update takes over 7 object\(s\).*run `pulumi up` once more without/);
  });

  it("are a fault each where they are somebody else's, also when objects are taken over", () => {
    for (const takesOver of [false, true]) {
      const { faults } = seen({ found: all({ team: "mesh" }), takesOver });
      assert.deepEqual(
        faults.map(({ value }) => value),
        [
          "Namespace istio-system",
          "Namespace istio-gateway",
          "Namespace istio-federation",
          "Secret istio-system/cacerts",
          "PeerAuthentication istio-system/default",
          "Service istio-gateway/eastwestgateway",
          "Gateway istio-gateway/eastwestgateway",
        ],
      );
      assert.match(
        faults[0]!.rule,
        /^is there already, which is labelled team=mesh, so the API server would refuse/,
      );
      assert.match(faults[3]!.remedy, /save it.*`kubectl delete secret cacerts -n istio-system`/);
      assert.match(faults[4]!.remedy, /`kubectl delete peerauthentication default -n istio-system`/);
      for (const { remedy } of faults) assert.doesNotMatch(remedy, /=true|kubectl delete namespace/);
    }
  });

  for (const [what, label] of [
    ["network", "topology.istio.io/network"],
    ["name", "istio-federation.dev/cluster"],
  ] as const)
    it(`are another stack's cluster where the ${what} is another, and are not taken over`, () => {
      for (const takesOver of [false, true]) {
        const { faults, warnings } = seen({ found: all({ ...OURS, [label]: "cluster-a" }), takesOver });
        assert.deepEqual([faults.length, warnings], [1, []]);
        assert.match(
          faults[0]!.rule,
          new RegExp(`another stack's cluster: .*${label}=cluster-a, .*cluster-c$`),
        );
        assert.equal(faults[0]!.remedy, "Name this stack's context");
      }
    });

  it("are this stack's where name and network are", () => {
    const labels = {
      ...OURS,
      "topology.istio.io/network": "cluster-c",
      "istio-federation.dev/cluster": "cluster-c",
    };
    assert.match(seen({ found: all(labels) }).faults[0]!.rule, /the state was lost/);
  });
});
