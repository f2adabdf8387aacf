import assert from "node:assert/strict";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { writePlanReport } from "../../../components/planReport.ts";
import { Findings } from "../../../federation/core/findings.ts";
import { type PlanReview, reviewFindings, reviewPlan } from "../../../federation/review/planReview.ts";
import { REVIEW_LIMIT, reviewMarkdown } from "../../../federation/review/reviewMarkdown.ts";
import { fingerprintOf } from "../../../federation/x509/certificate.ts";
import { clusterPlan } from "../../components/clusterPlan.ts";
import { viewPeers } from "../planContext.ts";
import {
  BAR,
  KUBECONFIG,
  LOCAL_CLUSTER,
  NO_LAST_RUN,
  ROOT_B,
  ROOT_C,
  barService,
  contractOf,
  validConfig,
} from "../samples.ts";

const RUN = { stack: "cluster-a", isPreview: true };
const FOO = "foo.abc.svc.cluster-a.local";
const config = validConfig(
  { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, peers: { "cluster-b": { stack: "b" } } },
  "cluster-a",
);

/** A plan that imports {@link BAR} from cluster-b. */
function planned(changes: Parameters<typeof clusterPlan>[1] = {}) {
  const { peers } = viewPeers(config, { "cluster-b": { contract: contractOf() } });
  return clusterPlan(config, { connection: { peers }, ...changes });
}

const reviewOf = (plan: ReturnType<typeof planned>, lastRun: object = {}) =>
  reviewPlan(RUN, plan, { ...NO_LAST_RUN, ...lastRun }, new Findings());

const EMPTY: PlanReview = reviewFindings(RUN, new Findings());

describe("The review of a plan", () => {
  it("has the first sight of a peer, with its roots, and all that it adds", () => {
    const review = reviewOf(
      planned({ trust: { "cluster-b": { constrained: true, pinnedBy: "first sight" } } }),
    );
    assert.deepEqual(review.trust, [
      `cluster-b is trusted from now on, at first sight: roots ${fingerprintOf(ROOT_B)}`,
    ]);
    const change = { added: [BAR], changed: [], removed: [] };
    assert.deepEqual(review.peers, [{ peer: "cluster-b", state: "ready", reason: "", change, braked: "" }]);
  });

  it("has a further root, one that goes, and a peer that is not trusted any more", () => {
    const pinned = planned().pinned["cluster-b"]!;
    const known = {
      "cluster-b": { ...pinned, rootCertificates: [ROOT_C] },
      former: { ...pinned, trustDomain: "former.local" },
    };
    assert.deepEqual(reviewOf(planned(), { pinned: known }).trust, [
      `cluster-b gets a further root: ${fingerprintOf(ROOT_B)}`,
      `cluster-b loses a root: ${fingerprintOf(ROOT_C)}`,
      "former is not trusted any more",
    ]);
  });

  it("has changed and removed services, and those of a peer that leaves", () => {
    const __registered = { "cluster-b": { [BAR]: "00000000", "old.xyz.svc.cluster-b.local": "1" } };
    const [peer] = reviewOf(planned(), { __registered }).peers;
    assert.deepEqual(peer?.change, { added: [], changed: [BAR], removed: ["old.xyz.svc.cluster-b.local"] });
    const left = planned({ connection: { peers: {}, formerPeers: ["cluster-b"] } });
    const [former] = reviewOf(left, { __registered: { "cluster-b": { [BAR]: "1" } } }).peers;
    assert.deepEqual([former?.state, former?.change.removed], ["removed", [BAR]]);
  });

  it("says that the brake keeps services", () => {
    const hosts = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`s${index}.x.svc.cluster-b.local`, "1"]),
    );
    const [peer] = reviewOf(planned(), { __registered: { "cluster-b": hosts } }).peers;
    assert.match(peer!.braked, /^would lose 100 of 100 services at once/);
    assert.deepEqual(peer!.change, { added: [], changed: [], removed: [] });
  });

  it("has exports with who imports them, and gateways", () => {
    const contract = contractOf({
      services: { [FOO]: barService },
      gateways: [{ address: "203.0.113.1", port: 15443 }],
    });
    const plan = planned({
      importedBy: { "cluster-b": { [FOO]: ["shop"] } },
      observed: [{ address: "203.0.113.2", port: 15443 }],
    });
    const review = reviewOf(plan, { contract });
    assert.deepEqual(review.exports, [{ host: FOO, change: "removed", importers: ["cluster-b"] }]);
    assert.deepEqual(review.gateways, { before: ["203.0.113.1:15443"], after: ["203.0.113.2:15443"] });
  });
});

describe("A review in Markdown", () => {
  it("has faults first", () => {
    const findings = new Findings();
    findings.fault({
      path: "exports[0].namespace",
      value: "a b",
      rule: "must be a name",
      remedy: "Write one",
    });
    findings.warn("something to know");
    const text = reviewMarkdown(reviewFindings(RUN, findings));
    assert.deepEqual(text.split("\n").slice(0, 5), [
      "## Preview of cluster-a",
      "### Faults: nothing is changed",
      '- ❌ exports&#91;0&#93;.namespace: "a b" must be a name. Write one.',
      "### Warnings",
      "- ⚠️ something to know",
    ]);
  });

  it("says that nothing changes", () => {
    assert.match(reviewMarkdown(EMPTY), /Nothing changes for peers, exports, trust or gateways\./);
  });

  it("has trust in bold, then a picture, then peers and exports", () => {
    const text = reviewMarkdown({
      ...EMPTY,
      trust: ["b is trusted from now on"],
      peers: [
        {
          peer: "b",
          state: "ready",
          reason: "",
          change: { added: ["x.y"], changed: [], removed: ["z.y"] },
          braked: "",
        },
      ],
      exports: [{ host: "foo.abc", change: "removed", importers: ["b"] }],
    });
    assert.equal(
      text,
      [
        "## Preview of cluster-a",
        "### Trust",
        "- **b is trusted from now on**",
        "```mermaid\ngraph LR",
        '  here["cluster-a"] -->|"+1 -1"| p0["b"]',
        "```",
        "### Peer b",
        "- Adds 1:",
        "  - x.y",
        "- Removes 1:",
        "  - z.y",
        "### Exports",
        "- 1 change:",
        "  - &#45; foo.abc, imported by **b**",
        "",
      ].join("\n"),
    );
  });

  it("folds more than 20 names, and is cut with a count at 60,000 characters", () => {
    const added = Array.from({ length: 10_000 }, (_, index) => `s${index}.team.svc.cluster-c.local`);
    const peers = [
      { peer: "c", state: "ready", reason: "", change: { added, changed: [], removed: [] }, braked: "" },
    ];
    const text = reviewMarkdown({ ...EMPTY, peers });
    assert.match(text, /<details><summary>Adds 10,000<\/summary>/);
    assert.match(text, /<\/details>\n\n… [\d,]+ more lines are left out/);
    assert.ok(text.length <= REVIEW_LIMIT, `${text.length}`);
  });

  it("takes text of others as text, whatever it is", () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "<script>",
        "@team",
        "[a](http://x)",
        "```",
        "</details>",
        "| a |",
        "# x",
        "\u0007\u202e",
      ),
    );
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 30 }), hostile, (hosts, text) => {
        const change = { added: hosts, changed: [], removed: [] };
        const written = reviewMarkdown({
          ...{ ...EMPTY, stack: text, trust: [text], warnings: [text], notes: [text] },
          peers: [{ peer: text, state: "pending", reason: text, change, braked: text }],
          exports: [{ host: text, change: "added", importers: [text] }],
        });
        const own = written.replaceAll(/<\/?details>|<summary>[^<]*<\/summary>|```mermaid|^```$/gm, "");
        assert.doesNotMatch(own.replaceAll("-->", ""), /[<>@]|\]\(|:\/\/|```/);
        assert.doesNotMatch(own.replaceAll("\n", ""), /\p{Cc}|\p{Cf}/u);
        assert.ok(written.length <= REVIEW_LIMIT);
      }),
    );
  });
});

describe("The report of a plan", () => {
  const files = async () => {
    const folder = await mkdtemp(join(tmpdir(), "plan-report-"));
    return {
      markdown: join(folder, "plan.md"),
      json: join(folder, "plan.json"),
      summary: join(folder, "summary.md"),
    };
  };

  it("is written nowhere unless it is asked for", async () => {
    await writePlanReport(() => assert.fail("made for nobody"), {});
  });

  it("is Markdown, or JSON by the name of its file", async () => {
    const { markdown, json } = await files();
    await writePlanReport(() => EMPTY, { ISTIO_FEDERATION_PLAN: markdown });
    assert.equal(await readFile(markdown, "utf8"), reviewMarkdown(EMPTY));
    await writePlanReport(() => EMPTY, { ISTIO_FEDERATION_PLAN: json });
    const { gateways: _, ...rest } = EMPTY;
    assert.deepEqual(JSON.parse(await readFile(json, "utf8")), rest);
  });

  it("is added to GitHub's summary by a preview and by a failed run, not by an update", async () => {
    const { summary } = await files();
    const env = { GITHUB_STEP_SUMMARY: summary };
    await writePlanReport(() => EMPTY, env);
    await writePlanReport(() => ({ ...EMPTY, operation: "update" }), env);
    await writePlanReport(() => ({ ...EMPTY, operation: "update", faults: ["x"] }), env);
    const titles = (await readFile(summary, "utf8")).split("\n").filter((line) => line.startsWith("## "));
    assert.deepEqual(titles, ["## Preview of cluster-a", "## Update of cluster-a"]);
  });
});
