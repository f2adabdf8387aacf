import assert from "node:assert/strict";
import {
  type LiveEntry,
  declaredEntries,
  differences,
  lineOf,
  restorable,
} from "../../../providers/importedServices/drift.ts";
import { type Inputs, stateOf } from "../../../providers/importedServices/inputs.ts";

const HOST = "bar.xyz.svc.cluster-b.local";
const LINE = "8080/HTTP http, 9090/GRPC grpc as spiffe://cluster-b.local/ns/xyz/sa/bar";
const INPUTS: Inputs = {
  kubeconfig: {},
  namespace: "istio-federation",
  peer: "cluster-b",
  exportTo: ["*"],
  gateways: ["203.0.113.10:15443", "[2001:db8::1]:15443"],
  services: { [HOST]: LINE },
};
const DECLARED = declaredEntries(INPUTS)(HOST);

/** The declared entry as an API server returns it, edited. */
function live(
  edit: (entry: { metadata: LiveEntry["metadata"]; spec: Record<string, unknown> }) => void = () => {},
) {
  const entry = structuredClone(DECLARED) as unknown as Parameters<typeof edit>[0];
  edit(entry);
  return { ...entry, status: { addresses: [] } } as LiveEntry;
}

describe("An entry in the cluster", () => {
  it("is its line when it is as declared", () => {
    assert.equal(lineOf(live(), stateOf(INPUTS)), LINE);
  });

  const edits: [string, Parameters<typeof live>[0], string[], string][] = [
    [
      "another port",
      ({ spec }) => (spec.ports = [{ number: 1, name: "a", protocol: "TCP" }]),
      ["ports"],
      "1/TCP a as spiffe:// (not as declared: endpoints)",
    ],
    [
      "a port with a field that no line has",
      ({ spec }) => Object.assign((spec.ports as object[])[0] ?? {}, { targetPort: 1 }),
      ["ports"],
      `${LINE} (not as declared: ports)`,
    ],
    [
      "an address of its own",
      ({ spec }) => (spec.addresses = ["10.0.0.1"]),
      ["addresses"],
      `${LINE} (not as declared: addresses)`,
    ],
    [
      "another location",
      ({ spec }) => (spec.location = "MESH_EXTERNAL"),
      ["location"],
      `${LINE} (not as declared: location)`,
    ],
    [
      "no endpoint",
      ({ spec }) => delete spec.endpoints,
      ["endpoints"],
      `${LINE} (not as declared: endpoints)`,
    ],
    ["no ports", ({ spec }) => delete spec.ports, ["ports"], "not an entry that this program writes"],
  ];
  for (const [what, edit, fields, line] of edits) {
    it(`shows ${what}`, () => {
      const edited = live(edit);
      assert.deepEqual(differences(edited, DECLARED), fields);
      assert.equal(
        lineOf(edited, stateOf(INPUTS)).replace(
          /spiffe:\/\/\S+/,
          line.includes("spiffe:// ") ? "spiffe://" : "$&",
        ),
        line,
      );
    });
  }

  it("may have labels and annotations of others", () => {
    const edited = live(({ metadata }) => {
      metadata.labels = { ...metadata.labels, team: "x" };
      metadata.annotations = { note: "y" };
    });
    assert.equal(lineOf(edited, stateOf(INPUTS)), LINE);
  });

  it("is restored from its marked line", () => {
    const services = {
      a: `${LINE} (not as declared: ports)`,
      b: LINE,
      c: "not an entry that this program writes",
    };
    assert.deepEqual(restorable(services), { a: LINE, b: LINE });
  });
});
