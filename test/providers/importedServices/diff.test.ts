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
/** The engine is left to find, by the inputs, what to show. */
const UPDATE = { replaces: [], deleteBeforeReplace: false };
/** The inputs alone would not tell. */
const CERTAIN = { ...UPDATE, changes: true };

describe("diff of ImportedServices", () => {
  const cases: [string, Partial<Record<keyof Inputs, unknown>>, object][] = [
    ["finds nothing when nothing changed", {}, NONE],
    ["updates when a service comes", { services: { ...INPUTS.services, "baz.x": "y" } }, UPDATE],
    ["updates when a service changes", { services: { [BAR]: "y" } }, UPDATE],
    ["updates when a service goes", { services: {} }, UPDATE],
    [
      "updates when another peer's gateway comes",
      { otherGateways: { c: [{ address: "203.0.113.30", port: 15443 }] } },
      UPDATE,
    ],
    [
      "does nothing when only its siblings change",
      { siblings: ["c"], handedOver: ["x.global"] },
      { changes: false },
    ],
    ["updates when a gateway changes", { gateways: [{ address: "203.0.113.11", port: 15443 }] }, UPDATE],
    ["updates when other namespaces are to see it", { exportTo: ["a"] }, UPDATE],
    [
      "updates, and does not replace, when the kubeconfig has another name",
      { kubeconfig: { context: "other" } },
      UPDATE,
    ],
    ["updates when a service is not known yet", { services: { x: pulumi.runtime.unknownValue } }, CERTAIN],
    ["updates when the namespace is not known yet", { namespace: pulumi.runtime.unknownValue }, CERTAIN],
    [
      "moves to another namespace before it leaves the old one",
      { namespace: "other" },
      { ...UPDATE, replaces: ["namespace"] },
    ],
    [
      "leaves first when the peer has another name, as the entries keep theirs",
      { peer: "cluster-c" },
      { replaces: ["peer"], deleteBeforeReplace: true },
    ],
  ];
  for (const [what, change, expected] of cases) {
    it(what, () => {
      assert.deepEqual(diff(STATE, { ...INPUTS, ...change } as Inputs), expected);
    });
  }

  it("updates after a partial failure, so that the next up goes on", () => {
    assert.deepEqual(diff({ ...STATE, servicesDigest: UNFINISHED }, INPUTS), CERTAIN);
  });

  it("updates after a refresh that found something not as declared", () => {
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
