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

describe("The owner of an entry", () => {
  it("is this peer when both labels are the program's and the peer's", () => {
    assert.equal(isOurs(named(importLabels("b")), "b"), true);
  });

  it("is not this peer when one label is missing or names another peer", () => {
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
      "its field managers",
      named(undefined, ["kubectl-edit", "argocd", "argocd"]),
      /^belongs to argocd, kubectl-edit; /,
    ],
    ["nothing, where none is known,", named(), /^belongs to someone else; /],
    ["the peer in its label", named(importLabels("c")), /^was imported from peer c; /],
  ];
  it("is a former peer whose entry is to be removed, or kept while that peer is pending", () => {
    assert.equal(
      describeOwner(named(importLabels("c")), ["c"]),
      "still belongs to peer c, which keeps it as long as it is pending; run `pulumi up` again when it is not",
    );
  });

  for (const [what, entry, text] of owners) {
    it(`is described by ${what} for others`, () => {
      assert.match(describeOwner(entry, []), text);
    });
  }
});
