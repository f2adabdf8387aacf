import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { globalName } from "../../../federation/core/domains.ts";
import { label } from "../arbitraries.ts";

describe("The global name of a service", () => {
  it("consists of name and namespace, whatever the cluster domain", () => {
    assert.equal(globalName("httpbin.bar.svc.cluster.local", "cluster.local"), "httpbin.bar.global");
    assert.equal(globalName("httpbin.bar.svc.b.example", "b.example"), "httpbin.bar.global");
  });

  for (const [what, host] of [
    ["another domain", "httpbin.bar.svc.cluster.locals"],
    ["a domain with the same ending", "httpbin.bar.svc.xcluster.local"],
    ["a name below a service", "pod-0.httpbin.bar.svc.cluster.local"],
    ["a name without a namespace", "httpbin.svc.cluster.local"],
    ["the domain of all services", "svc.cluster.local"],
    ["nothing", ""],
  ] as const) {
    it(`does not exist for ${what}`, () => {
      assert.equal(globalName(host, "cluster.local"), undefined);
    });
  }

  it("is distinct for each service of a cluster", () => {
    const service = fc.tuple(label(), label());
    fc.assert(
      fc.property(service, service, ([name, namespace], [other, elsewhere]) => {
        const [one, two] = [`${name}.${namespace}`, `${other}.${elsewhere}`].map((own) =>
          globalName(`${own}.svc.cluster.local`, "cluster.local"),
        );
        assert.equal(one === two, name === other && namespace === elsewhere);
      }),
    );
  });
});
