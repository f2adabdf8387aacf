import assert from "node:assert/strict";
import { REMOTE_HOST_ANNOTATION } from "../../../federation/core/labels.ts";
import { DeclaredImports } from "../../../providers/importedServices/declared.ts";
import { type Inputs, type State, stateOf } from "../../../providers/importedServices/inputs.ts";
import { type LiveObject, driftedFields } from "../../../providers/importedServices/liveObject.ts";
import { RefreshCollector } from "../../../providers/importedServices/refresh.ts";
import { jsonOf, linesOf } from "../../federation/imports/importOf.ts";
import { inputsOfB } from "./support.ts";

const HOST = "bar.xyz.svc.cluster-b.local";
const LINE = "8080/HTTP http, 9090/GRPC grpc as spiffe://cluster-b.local/ns/xyz/sa/bar";
const INPUTS = inputsOfB(
  { [HOST]: LINE },
  {
    namespace: "istio-federation",
    peer: "cluster-b",
    gateways: [
      { address: "203.0.113.10", port: 15443 },
      { address: "2001:db8::1", port: 15443 },
    ],
  },
);
const objectsOf = (inputs: Inputs, host = HOST) => new DeclaredImports(inputs).objects(host);
const [DECLARED = assert.fail()] = objectsOf(INPUTS);

/** The declared entry as an API server returns it, edited. */
function live(
  edit: (entry: { metadata: LiveObject["metadata"]; spec: Record<string, unknown> }) => void = () => {},
) {
  const entry = structuredClone(DECLARED) as unknown as Parameters<typeof edit>[0];
  edit(entry);
  return { ...entry, status: { addresses: [] } } as LiveObject;
}

/** Returns the lines of a refresh that finds these objects, by host. */
function refreshed(
  state: State,
  entries: readonly LiveObject[],
  rules: readonly LiveObject[] = [],
): Record<string, string> {
  const collector = new RefreshCollector(state);
  for (const entry of entries) collector.takeEntry(entry);
  for (const rule of rules) collector.take("DestinationRule", rule);
  return linesOf(collector.end());
}

/** Returns the line of a refresh that finds this one entry. */
const lineOf = (entry: LiveObject, state: State): string | undefined =>
  Object.values(refreshed(state, [entry]))[0];

describe("A ServiceEntry in a refresh", () => {
  it("reads as declared when unchanged", () => {
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
      "a port with an undisplayed field",
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
      "an address range",
      ({ spec }) => (spec.addresses = ["10.0.0.0/24"]),
      ["addresses"],
      `${LINE} (not as declared: addresses)`,
    ],
    [
      "several addresses",
      ({ spec }) => (spec.addresses = ["10.0.0.1", "10.0.0.2"]),
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
    ["no ports", ({ spec }) => delete spec.ports, ["ports"], "not a ServiceEntry that this program writes"],
  ];
  for (const [what, edit, fields, line] of edits) {
    it(`shows ${what}`, () => {
      const edited = live(edit);
      assert.deepEqual(driftedFields(edited, DECLARED), fields);
      assert.equal(
        lineOf(edited, stateOf(INPUTS))?.replace(
          /spiffe:\/\/\S+/,
          line.includes("spiffe:// ") ? "spiffe://" : "$&",
        ),
        line,
      );
    });
  }

  it("shows an exportTo that differs from the peer's other services", () => {
    const edited = live(({ spec }) => (spec.exportTo = ["client", "shop"]));
    assert.deepEqual(driftedFields(edited, DECLARED), ["exportTo"]);
    assert.equal(lineOf(edited, stateOf(INPUTS)), `${LINE} exportTo client, shop`);
    const declared = { ...INPUTS, services: jsonOf({ [HOST]: `${LINE} exportTo client, shop` }) };
    assert.deepEqual(driftedFields(edited, objectsOf(declared)[0] ?? assert.fail()), []);
  });

  it("shows an invalid or empty exportTo as a differing field", () => {
    for (const exportTo of [undefined, [], ["~"], ["a", "A"], "*"]) {
      const edited = live(({ spec }) => (spec.exportTo = exportTo));
      assert.equal(lineOf(edited, stateOf(INPUTS)), `${LINE} (not as declared: exportTo)`);
    }
  });

  it("may have labels and annotations of others", () => {
    const edited = live(({ metadata }) => {
      metadata.labels = { ...metadata.labels, team: "x" };
      metadata.annotations = { note: "y" };
    });
    assert.equal(lineOf(edited, stateOf(INPUTS)), LINE);
  });
});

describe("A service served by several peers, in a refresh", () => {
  const SHARED = `${LINE} servedBy cluster-b, cluster-c weight 3`;
  const inputs: Inputs = {
    ...INPUTS,
    otherGateways: { "cluster-c": [{ address: "203.0.113.30", port: 15443, locality: "eu/c" }] },
    services: jsonOf({ [HOST]: SHARED }),
  };
  const [entry = assert.fail()] = objectsOf(inputs, HOST) as unknown as LiveObject[];

  it("reads as declared with the gateways of all peers", () => {
    assert.equal(lineOf(entry, stateOf(inputs)), SHARED);
    const endpoints = entry.spec?.["endpoints"] as { address: string; weight?: number }[];
    assert.deepEqual(
      endpoints.map(({ address, weight }) => [address, weight]),
      [
        ["2001:db8::1", undefined],
        ["203.0.113.10", undefined],
        ["203.0.113.30", 3],
      ],
    );
  });

  it("shows a missing gateway and a missing annotation", () => {
    const edited = structuredClone(entry);
    (edited.spec?.["endpoints"] as unknown[]).pop();
    assert.equal(lineOf(edited, stateOf(inputs)), `${SHARED} (not as declared: endpoints)`);
    const silent = structuredClone(entry);
    delete silent.metadata.annotations;
    assert.equal(lineOf(silent, stateOf(inputs)), `${LINE} (not as declared: endpoints)`);
  });
});

describe("A service with outlier detection, in a refresh", () => {
  const PAUSING = `${LINE} outlierDetection consecutive5xxErrors 5, interval 10s`;
  const inputs: Inputs = { ...INPUTS, services: jsonOf({ [HOST]: PAUSING }) };
  const [entry = assert.fail(), rule = assert.fail()] = objectsOf(inputs) as unknown as LiveObject[];

  const shown = (found: LiveObject, rules: readonly LiveObject[]) =>
    Object.values(refreshed(stateOf(inputs), [found], rules))[0];

  it("reads as declared with its DestinationRule", () => {
    assert.equal(shown(entry, [rule]), PAUSING);
  });

  it("shows a deleted or edited DestinationRule, and a missing or invalid annotation", () => {
    assert.equal(shown(entry, []), `${PAUSING} (not as declared: DestinationRule)`);
    const edited = structuredClone(rule);
    Object.assign(edited.spec ?? {}, { trafficPolicy: { outlierDetection: { interval: "1s" } } });
    assert.equal(shown(entry, [edited]), `${PAUSING} (not as declared: DestinationRule trafficPolicy)`);
    const silent = structuredClone(entry);
    delete silent.metadata.annotations;
    assert.equal(shown(silent, [rule]), `${LINE} (not as declared: unexpected DestinationRule)`);
    silent.metadata.annotations = { "istio-federation.dev/outlier-detection": "often" };
    assert.equal(shown(silent, [rule]), `${LINE} (not as declared: annotations, unexpected DestinationRule)`);
  });
});

describe("A service with a remote host of another name, in a refresh", () => {
  const GLOBAL = "bar.xyz.global";
  const RENAMED = `8080/HTTP http of ${HOST} as spiffe://cluster-b.local/ns/xyz/sa/bar`;
  const inputs: Inputs = { ...INPUTS, services: jsonOf({ [GLOBAL]: RENAMED }) };
  const [entry = assert.fail(), rule = assert.fail()] = objectsOf(inputs, GLOBAL) as unknown as LiveObject[];

  const shown = (entries: readonly LiveObject[], rules: readonly LiveObject[]) =>
    Object.entries(refreshed(stateOf(inputs), entries, rules));

  it("reads as declared with its DestinationRule", () => {
    assert.deepEqual(shown([entry], [rule]), [[GLOBAL, RENAMED]]);
  });

  it("shows a deleted or edited DestinationRule, and an edited ServiceEntry", () => {
    const edited = structuredClone(rule);
    Object.assign(edited.spec ?? {}, { trafficPolicy: {}, exportTo: ["x"] });
    const moved = structuredClone(entry);
    Object.assign(moved.spec ?? {}, { location: "MESH_EXTERNAL" });
    const marked = (fields: string) => [[GLOBAL, `${RENAMED} (not as declared: ${fields})`]];
    assert.deepEqual(shown([entry], []), marked("DestinationRule"));
    const fields = "DestinationRule exportTo, DestinationRule trafficPolicy";
    assert.deepEqual(shown([entry], [edited]), marked(fields));
    assert.deepEqual(shown([moved], [rule]), marked("location"));
  });

  it("shows a DestinationRule without a ServiceEntry", () => {
    const stray = { ...rule, metadata: { ...rule.metadata, name: "stray.global" } };
    assert.deepEqual(shown([entry], [stray, rule]), [
      [GLOBAL, RENAMED],
      ["stray.global", "unexpected DestinationRule"],
    ]);
  });

  it("shows a ServiceEntry whose remote host annotation is missing or invalid", () => {
    const silent = structuredClone(entry);
    delete silent.metadata.annotations;
    assert.deepEqual(driftedFields(silent, objectsOf(inputs, GLOBAL)[0] ?? assert.fail()), ["annotations"]);
    assert.deepEqual(shown([silent], []), [[GLOBAL, RENAMED.replace(` of ${HOST}`, "")]]);
    assert.deepEqual(shown([silent], [rule]), [
      [GLOBAL, `${RENAMED.replace(` of ${HOST}`, "")} (not as declared: unexpected DestinationRule)`],
    ]);
    silent.metadata.annotations = { [REMOTE_HOST_ANNOTATION]: "no name" };
    assert.deepEqual(shown([silent], [rule]), [
      [GLOBAL, "not a ServiceEntry that this program writes, unexpected DestinationRule"],
    ]);
  });
});

describe("A service behind a TLS-terminating gateway, in a refresh", () => {
  const OPENED = "8080/HTTP http as spiffe://cluster-b.local/ns/istio-gateway/sa/eastwestgateway terminated";
  const inputs: Inputs = { ...INPUTS, services: jsonOf({ [HOST]: OPENED }) };
  const [entry = assert.fail(), rule = assert.fail()] = objectsOf(inputs) as unknown as LiveObject[];

  const shown = (found: LiveObject, rules: readonly LiveObject[]) =>
    Object.entries(refreshed(stateOf(inputs), [found], rules));

  it("reads as declared with its DestinationRule", () => {
    assert.deepEqual(shown(entry, [rule]), [[HOST, OPENED]]);
    assert.deepEqual(shown(entry, []), [[HOST, `${OPENED} (not as declared: DestinationRule)`]]);
  });

  it("shows a ServiceEntry without the terminated annotation", () => {
    const silent = structuredClone(entry);
    delete silent.metadata.annotations;
    assert.deepEqual(shown(silent, []), [[HOST, OPENED.replace(" terminated", "")]]);
  });
});
