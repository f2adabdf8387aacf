import { OWN_GATEWAY } from "../../federation/core/gatewayPlace.ts";
import assert from "node:assert/strict";
import type { AuthorizationPolicy } from "../../federation/access/authorizationPolicy.ts";
import type { Contract } from "../../federation/contract/contract.ts";
import type { OwnObject } from "../../federation/ownObjects.ts";
import { findUndeclared } from "../../federation/undeclaredObjects.ts";

const SPEC = { action: "DENY", rules: [{}] } as unknown as AuthorizationPolicy["spec"];
const BAR = { namespace: "xyz", name: "istio-federation-deny-bar", spec: SPEC };
const GATEWAY = { namespace: "istio-gateway", name: "istio-federation-gateway", spec: SPEC };
const DECLARED = {
  listeners: { hosts: [], terminated: [] },
  bind: undefined,
  gateway: OWN_GATEWAY,
  policies: [BAR, GATEWAY],
  aliases: [],
  publish: undefined,
  isStrict: true,
};
const NOTHING = { ...DECLARED, policies: [] };
const UNKNOWN = {
  ...{ contract: undefined, policies: {}, aliases: {}, publication: undefined },
  gateway: OWN_GATEWAY,
};
const LAST = {
  contract: { services: {} } as unknown as Contract,
  policies: { "xyz/istio-federation-deny-bar": BAR, "istio-gateway/istio-federation-gateway": GATEWAY },
  aliases: {},
  gateway: OWN_GATEWAY,
  publication: undefined,
};

const live = (
  kind: OwnObject["kind"],
  namespace: string,
  name: string,
  created = "2026-11-30T10:00:00Z",
) => ({
  ...{ kind, namespace, name, created, uid: name, generation: 1, spec: {}, editors: {} },
});
const bar = live("AuthorizationPolicy", "xyz", BAR.name);
const version = (digits: string, created: string) =>
  live("AuthorizationPolicy", "istio-gateway", `${GATEWAY.name}-${digits}`, created);
const older = version("ffff0000", "2026-11-30T10:00:00Z");
const newer = version("0000ffff", "2026-11-30T11:00:00Z");

describe("Objects of this program that no state has", () => {
  it("are none where this plan or the last update declares each", () => {
    for (const [declared, last] of [
      [DECLARED, UNKNOWN],
      [NOTHING, LAST],
    ] as const)
      assert.deepEqual(findUndeclared([bar, newer], declared, last), { undeclared: [], warnings: [] });
  });

  it("are the older versions of the gateway's policy, with the command that deletes them", () => {
    for (const own of [
      [older, newer],
      [newer, older],
    ]) {
      const { undeclared, warnings } = findUndeclared(own, DECLARED, LAST);
      assert.deepEqual(undeclared, [older]);
      assert.match(
        warnings.join(),
        /an older version of istio-federation-gateway-0000ffff, but .*`kubectl delete authorizationpolicy istio-federation-gateway-ffff0000 -n istio-gateway`/,
      );
    }
  });

  it("are policies and aliases that nobody declares", () => {
    const alias = live("ServiceEntry", "xyz", "istio-federation-as-bar");
    const route = live("VirtualService", "istio-gateway", "a.b");
    const { undeclared, warnings } = findUndeclared([bar, newer, alias, route], NOTHING, UNKNOWN);
    assert.deepEqual(undeclared, [bar, newer, alias]);
    assert.equal(warnings.length, 3);
    assert.match(warnings[2]!, /`kubectl delete serviceentry istio-federation-as-bar -n xyz`/);
  });
});
