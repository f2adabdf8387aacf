import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { NAME_TEMPLATE } from "../../../federation/core/domains.ts";
import { serviceHost } from "../../../federation/core/serviceHost.ts";
import { isAlias, exportedHost } from "../../../federation/exports/alias.ts";
import { label } from "../arbitraries.ts";

const cluster = { clusterDomain: "b.local", domains: ["shop.example", "pay.acme.org"] };

describe("An alias", () => {
  for (const host of [
    "bar.b.local",
    "bar.xyz.b.local",
    "bar.svc.x.b.local",
    "svcs.b.local",
    "bar.shop.example",
    "bar.svc.shop.example",
    "a.b.pay.acme.org",
  ]) {
    it(`may be ${host}`, () => {
      assert.ok(isAlias(host, cluster));
    });
  }

  for (const host of [
    "b.local",
    "svc.b.local",
    "pod.b.local",
    "bar.xyz.svc.b.local",
    "10-0-0-1.xyz.pod.b.local",
    "bar.bb.local",
    "bar.local",
    "shop.example",
    "bar.myshop.example",
    "acme.org",
    "bar.acme.org",
    "bar.xyz.svc.a.local",
    "www.example.com",
  ]) {
    it(`may not be ${host}`, () => {
      assert.ok(!isAlias(host, cluster));
    });
  }

  it("may not be below a cluster domain of one label", () => {
    assert.ok(!isAlias("google.com", { clusterDomain: "com" }));
    assert.ok(isAlias("bar.shop.example", { clusterDomain: "com", domains: ["shop.example"] }));
  });

  it("may not be a host with a special meaning", () => {
    assert.ok(!isAlias("istiod.istio-system.svc", { clusterDomain: "istio-system.svc" }));
    assert.ok(
      !isAlias("istiod.istio-system.svc", { clusterDomain: "b.local", domains: ["istio-system.svc"] }),
    );
    assert.ok(!isAlias("metadata.google.internal", { clusterDomain: "google.internal" }));
  });

  it("is always in a domain of the cluster, and never a name of its Services and Pods", () => {
    const part = fc.oneof(label(), fc.constantFrom("svc", "pod", "b", "local", "shop", "example"));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (labels) => {
        const host = labels.join(".");
        if (!isAlias(host, cluster)) return;
        assert.match(host, /\.(?:b\.local|shop\.example|pay\.acme\.org)$/);
        assert.doesNotMatch(host, /(?:^|\.)(?:svc|pod)\.b\.local$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("The host of an exported Service", () => {
  const bar = { namespace: "xyz", name: "bar" };
  const domain = "b.local";

  it("is its full name unless the rule has an alias", () => {
    assert.equal(exportedHost(bar, {}, { domain }), "bar.xyz.svc.b.local");
    assert.equal(
      exportedHost(bar, { as: "{name}-{namespace}.shop.example" }, { domain }),
      "bar-xyz.shop.example",
    );
    assert.equal(exportedHost(bar, { as: "bar.shop.example" }, { domain }), "bar.shop.example");
    const usual = serviceHost({ namespace: "{namespace}", name: "{name}" }, domain);
    assert.ok(NAME_TEMPLATE.test(usual));
    assert.equal(exportedHost(bar, { as: usual }, { domain }), serviceHost(bar, domain));
  });
});
