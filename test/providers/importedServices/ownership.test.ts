import assert from "node:assert/strict";
import { importLabels } from "../../../federation/core/labels.ts";
import { describeOwner, isOurs } from "../../../providers/importedServices/liveObject.ts";

const named = (labels?: Record<string, string>, managers: string[] = []) => ({
  metadata: {
    name: "bar",
    ...(labels ? { labels } : {}),
    managedFields: managers.map((manager) => ({ manager })),
  },
});

describe("An entry", () => {
  it("is ours when its labels say that we made it for this peer", () => {
    assert.equal(isOurs(named(importLabels("b")), "b"), true);
  });

  it("is not ours when it has only one of the labels, or another peer's", () => {
    assert.equal(isOurs(named({ "istio-federation.dev/peer": "b" }), "b"), false);
    assert.equal(isOurs(named({ "app.kubernetes.io/managed-by": "istio-federation" }), "b"), false);
    assert.equal(isOurs(named(importLabels("c")), "b"), false);
    assert.equal(isOurs(named(), "b"), false);
  });

  const owners: [string, ReturnType<typeof named>, RegExp][] = [
    [
      "its managed-by label",
      named({ "app.kubernetes.io/managed-by": "Helm" }, ["helm"]),
      /^belongs to Helm; /,
    ],
    [
      "who wrote it",
      named(undefined, ["kubectl-edit", "argocd", "argocd"]),
      /^belongs to argocd, kubectl-edit; /,
    ],
    ["that nobody is known", named(), /^belongs to someone else; /],
    ["the peer it came from", named(importLabels("c")), /^was imported from peer c; /],
  ];
  it("of another peer of this program is said to be on its way out, or to stay while that peer is pending", () => {
    assert.equal(
      describeOwner(named(importLabels("c")), ["c"]),
      "is still that of peer c, which keeps it as long as it is pending; run `pulumi up` again when it is not",
    );
  });

  for (const [what, entry, text] of owners) {
    it(`of someone else is described by ${what}`, () => {
      assert.match(describeOwner(entry, []), text);
    });
  }
});
