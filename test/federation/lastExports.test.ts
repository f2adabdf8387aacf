import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { ExportRule } from "../../federation/exportRule.ts";
import { lastExports } from "../../federation/lastExports.ts";
import { BAR, barService } from "./samples.ts";

const FOO = "foo.abc.svc.cluster-b.local";
const services = { [BAR]: barService, [FOO]: barService };
const selector = { any: "label" };

describe("The exports last published, without a cluster to ask", () => {
  const cases: [string, ExportRule[], string[]][] = [
    ["stay where a rule names them", [{ namespace: "xyz", service: "bar" }], [BAR]],
    ["go where the rule that named them is gone", [{ namespace: "xyz", service: "other" }], []],
    ["go where the name is another namespace's", [{ namespace: "abc", service: "bar" }], []],
    ["go where there is no rule", [], []],
    ["stay in the namespace of a selector", [{ selector, namespace: "abc" }], [FOO]],
    ["stay where a selector is for all namespaces", [{ selector }], [BAR, FOO]],
    [
      "stay when any rule has them",
      [
        { selector, namespace: "abc" },
        { namespace: "xyz", service: "bar" },
      ],
      [BAR, FOO],
    ],
  ];
  for (const [what, rules, hosts] of cases) {
    it(what, () => {
      const kept = lastExports(services, rules, "cluster-b.local");
      assert.deepEqual(Object.keys(kept).sort(), hosts);
      for (const host of hosts) assert.equal(kept[host], barService);
    });
  }

  it("are those of today's cluster domain only", () => {
    const odd = { "a.b.xyz.svc.cluster-b.local": barService, "xyz.svc.cluster-b.local": barService };
    assert.deepEqual(lastExports({ ...services, ...odd }, [{ selector }], "b.local"), {});
    assert.deepEqual(lastExports(odd, [{ selector }], "cluster-b.local"), {});
  });
});
