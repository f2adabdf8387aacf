import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { diff } from "../../../providers/importedServices/diff.ts";
import {
  DRIFTED,
  type Inputs,
  UNFINISHED,
  digest,
  stateOf,
} from "../../../providers/importedServices/inputs.ts";
import { inputsOfB } from "./support.ts";

const BAR = "bar.xyz.svc.b.local";
const INPUTS = inputsOfB({ [BAR]: "8080/HTTP http as spiffe://b.local/ns/xyz/sa/bar" });
const STATE = stateOf(INPUTS);
const NONE = { changes: false };
/** A change whose fields the engine finds by the inputs. */
const UPDATE = { replaces: [], deleteBeforeReplace: false };
/** A change that the comparison of inputs would not show. */
const CERTAIN = { ...UPDATE, changes: true };

describe("diff of ImportedServices", () => {
  const cases: [string, Partial<Record<keyof Inputs, unknown>>, object][] = [
    ["has no change when nothing changed", {}, NONE],
    ["updates when a service is added", { services: { ...INPUTS.services, "baz.x": "y" } }, UPDATE],
    ["updates when a service changes", { services: { [BAR]: "y" } }, UPDATE],
    ["updates when a service is removed", { services: {} }, UPDATE],
    [
      "updates when another peer's gateway is added",
      { otherGateways: { c: [{ address: "203.0.113.30", port: 15443 }] } },
      UPDATE,
    ],
    [
      "has no change when only the siblings change",
      { siblings: ["c"], handedOver: ["x.global"] },
      { changes: false },
    ],
    ["updates when a gateway changes", { gateways: [{ address: "203.0.113.11", port: 15443 }] }, UPDATE],
    ["updates when the brake begins to hold the services", { braked: "would lose 3 of 4" }, UPDATE],
    ["updates when exportTo changes", { exportTo: ["a"] }, UPDATE],
    ["updates in place when the kubeconfig's context changes", { kubeconfig: { context: "other" } }, UPDATE],
    ["updates when a service is unknown", { services: { x: pulumi.runtime.unknownValue } }, CERTAIN],
    ["updates when the namespace is unknown", { namespace: pulumi.runtime.unknownValue }, CERTAIN],
    [
      "is replaced when the namespace changes, creating first",
      { namespace: "other" },
      { ...UPDATE, replaces: ["namespace"] },
    ],
    [
      "is replaced when the peer is renamed, deleting first, as the entries keep their names",
      { peer: "cluster-c" },
      { replaces: ["peer"], deleteBeforeReplace: true },
    ],
  ];
  for (const [what, change, expected] of cases) {
    it(what, () => {
      assert.deepEqual(diff(STATE, { ...INPUTS, ...change } as Inputs), expected);
    });
  }

  it("reports a change after a partial failure", () => {
    assert.deepEqual(diff({ ...STATE, servicesDigest: UNFINISHED }, INPUTS), CERTAIN);
  });

  it("reports a change after a refresh that found drift", () => {
    const found = { ...INPUTS, notAsDeclared: { [BAR]: "endpoints" } };
    assert.equal(stateOf(found).servicesDigest, DRIFTED);
    assert.deepEqual(diff(stateOf(found), INPUTS), UPDATE);
  });

  it("does not depend on the order of the services", () => {
    const services = fc.dictionary(fc.string(), fc.string());
    fc.assert(
      fc.property(services, (found) => {
        const reversed = Object.fromEntries(Object.entries(found).reverse());
        assert.equal(digest(reversed), digest(found));
      }),
    );
  });
});

describe("outputs of ImportedServices", () => {
  it("do not repeat the services", () => {
    assert.equal(JSON.stringify(STATE).includes("8080"), false);
    assert.equal(STATE.imported, 1);
  });
});
