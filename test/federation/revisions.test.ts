import assert from "node:assert/strict";
import { describeFault } from "../../federation/core/fault.ts";
import type { RevisionReadings } from "../../federation/revisions.ts";
import type { Reading } from "../../federation/snapshot.ts";
import { clusterPlanOf, faultsIn, planOf } from "./planning.ts";
import { KUBECONFIG, LOCAL_CLUSTER, validConfig } from "./samples.ts";

const former = { revision: "1-30", charts: { version: "1.30.2" } };
const configOf = (istio: object) =>
  validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, istio }, "cluster-a");
const given = (found: Partial<RevisionReadings> | { reading: Reading<RevisionReadings> }) => {
  const value = { removed: [], proxies: [], namespaces: {}, injectors: [], ...found };
  return { snapshot: { cluster: { revisions: "reading" in found ? found.reading : { value } } } };
};
const proxy = (namespace: string, name: string, revision = "1-30") => ({ namespace, name, revision });
const inject = (revision: string) => ({ "istio.io/rev": revision });
const ENABLED = { "istio-injection": "enabled" };

describe("A revision that this update removes", () => {
  const faults = (found: Partial<RevisionReadings>, istio: object = { revision: "1-31" }) =>
    faultsIn(() => planOf(configOf(istio), given({ removed: ["1-30"], ...found }))).map(describeFault);

  it("is no fault where nothing uses it but the program's own gateways", () => {
    const proxies = [proxy("istio-gateway", "eastwestgateway-1"), proxy("istio-publish", "publishgateway-1")];
    const namespaces = {
      abc: inject("1-31"),
      xyz: { ...inject("1-30"), "istio-injection": "disabled" },
      x: {},
    };
    assert.deepEqual(faults({ proxies, namespaces }), []);
  });

  it("is a fault with the names of the Pods that run with it, and the way out", () => {
    const proxies = [proxy("abc", "foo-1"), proxy("abc", "bar-1"), proxy("abc", "new-1", "1-31")];
    assert.deepEqual(faults({ proxies }), [
      "istio.former: does not name revision 1-30, so this update would remove its istiod, from which 2 running Pod(s) have their " +
        "configuration and certificates: abc/bar-1, abc/foo-1. Keep it by istio.former until nothing uses it: label the namespaces " +
        "istio.io/rev=1-31 (without istio-injection) and restart their workloads.",
    ]);
  });

  /** Removed revision, labels of a namespace, tags in the cluster, values of istiod, and whether the namespace is a fault. */
  const NAMESPACES: readonly [
    string,
    Record<string, string>,
    RevisionReadings["injectors"],
    Record<string, unknown>,
    boolean,
  ][] = [
    ["1-30", inject("1-30"), [], {}, true],
    ["1-30", inject("1-31"), [], {}, false],
    ["1-30", inject("elsewhere"), [], {}, false],
    ["1-30", ENABLED, [], {}, false],
    ["1-30", { ...ENABLED, ...inject("1-30") }, [], {}, false],
    ["default", ENABLED, [], {}, true],
    ["default", inject("default"), [], {}, true],
    ["default", { "istio-injection": "disabled" }, [], {}, false],
    ["default", ENABLED, [], { revisionTags: ["default"] }, false],
    ["1-30", inject("prod"), [{ revision: "1-30", tag: "prod" }], {}, true],
    ["1-30", inject("prod"), [{ revision: "1-31", tag: "prod" }], {}, false],
    ["1-30", inject("prod"), [{ revision: "1-31", tag: "prod" }], { revisionTags: ["prod"] }, false],
    ["1-30", ENABLED, [{ revision: "1-30", tag: "default" }], {}, true],
  ];
  for (const [removed, labels, injectors, istiod, isFault] of NAMESPACES) {
    const of = JSON.stringify([labels, injectors, istiod]);
    it(`is ${isFault ? "a" : "no"} fault with a namespace that ${removed} may inject: ${of}`, () => {
      const istio = { revision: "1-31", values: { istiod } };
      const found = faults({ removed: [removed], namespaces: { abc: labels }, injectors }, istio);
      assert.equal(found.length, isFault ? 1 : 0, found.join());
      if (isFault)
        assert.match(
          found.join(),
          /would remove the webhook that injects new Pods in 1 namespace\(s\): abc\./,
        );
    });
  }

  it("is a fault where the other revision gets its tag in the same update", () => {
    const [fault = "", ...others] = faults(
      { injectors: [{ revision: "1-30", tag: "prod" }], namespaces: { abc: inject("prod") } },
      { revision: "1-31", values: { istiod: { revisionTags: ["prod"] } } },
    );
    assert.deepEqual(others, []);
    assert.match(fault, /^istio\.values\.istiod\.revisionTags: has prod, which is a tag of revision 1-30/);
  });

  it("is reported for each revision, also beside a former one", () => {
    const proxies = [proxy("abc", "a", "1-29"), proxy("abc", "b", "1-28"), proxy("abc", "c")];
    const found = faults({ removed: ["1-28", "1-29"], proxies }, { revision: "1-31", former });
    assert.deepEqual(
      found.map((fault) => /revision (\S+),.*: (\S+)\. /.exec(fault)?.slice(1)),
      [
        ["1-28", "abc/b"],
        ["1-29", "abc/a"],
      ],
    );
  });

  it("is not reported where the section 'istio' is faulty, and so not known", () => {
    const found = given({ removed: ["1-30"], proxies: [proxy("abc", "foo-1")] });
    assert.doesNotThrow(() => planOf(configOf({}), found, ["istio"]));
  });
});

describe("A former revision", () => {
  const planned = (found: Parameters<typeof given>[0], istio: object = { revision: "1-31", former }) =>
    clusterPlanOf(configOf(istio), given(found));

  it("has its Pods in a warning and in the output, but those of the program's own gateways", () => {
    const proxies = [
      proxy("abc", "foo-1"),
      proxy("istio-gateway", "eastwestgateway-1"),
      proxy("x", "y", "1-31"),
    ];
    const { plan, warnings } = planned({ proxies });
    assert.deepEqual(plan.restarts, ["abc/foo-1"]);
    assert.deepEqual(warnings, [
      "1 Pod(s) run with the former revision 1-30: abc/foo-1. Label their namespaces istio.io/rev=1-31 (without istio-injection), and " +
        "restart them; all are in the output `restarts`. Remove istio.former when there is none left.",
    ]);
  });

  it("has the namespaces in a warning that it still injects", () => {
    const { plan, warnings } = planned({ namespaces: { abc: inject("1-30"), x: inject("1-31") } });
    assert.deepEqual(plan.restarts, []);
    assert.deepEqual(warnings, [
      "The former revision 1-30 injects new Pods in 1 namespace(s): abc. Label these istio.io/rev=1-31 (without istio-injection), and " +
        "restart their workloads.",
    ]);
  });

  it("may be the unnamed one, and the unnamed one may be where workloads go", () => {
    const { charts } = former;
    const namespaces = { abc: ENABLED, x: inject("1-31") };
    assert.match(
      planned({ namespaces }, { revision: "1-31", former: { charts } }).warnings.join(),
      /former revision default .*: abc\. Label these istio\.io\/rev=1-31 /,
    );
    const back = { former: { revision: "1-31", charts } };
    assert.match(
      planned({ namespaces }, back).warnings.join(),
      /: x\. Label these istio-injection=enabled \(without istio\.io\/rev\)/,
    );
  });

  it("is noted to be without use", () => {
    const { plan, warnings, notes } = planned({});
    assert.deepEqual([plan.restarts, warnings], [[], []]);
    assert.match(notes.join(), /Nothing uses the former revision 1-30 any more: remove istio\.former/);
  });

  it("is not said to be without use where nobody could look", () => {
    const fault = { path: "x", rule: "x", remedy: "x" };
    for (const reading of [{ unreachable: "x" }, { forbidden: "list pods", fault }]) {
      const { plan, warnings, notes } = planned({ reading });
      assert.deepEqual(plan.restarts, []);
      assert.doesNotMatch(notes.join(), /former revision/);
      assert.equal(warnings.length, "forbidden" in reading ? 1 : 0);
    }
  });

  it("is no matter of a stack without one", () => {
    assert.equal(planned({}, { revision: "1-31" }).plan.restarts, undefined);
  });
});
