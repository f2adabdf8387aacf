import assert from "node:assert/strict";
import { REMOTE_HOST_ANNOTATION } from "../../../federation/core/labels.ts";
import { differences, restorable } from "../../../providers/importedServices/drift.ts";
import { type Inputs, type State, stateOf } from "../../../providers/importedServices/inputs.ts";
import { type LiveObject, declaredObjects } from "../../../providers/importedServices/objects.ts";
import { Sightings } from "../../../providers/importedServices/sightings.ts";

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
const [DECLARED = assert.fail()] = declaredObjects(INPUTS)(HOST);

/** The declared entry as an API server returns it, edited. */
function live(
  edit: (entry: { metadata: LiveObject["metadata"]; spec: Record<string, unknown> }) => void = () => {},
) {
  const entry = structuredClone(DECLARED) as unknown as Parameters<typeof edit>[0];
  edit(entry);
  return { ...entry, status: { addresses: [] } } as LiveObject;
}

/** What a refresh tells of one entry. */
function lineOf(entry: LiveObject, state: State): string | undefined {
  const sightings = new Sightings(state);
  sightings.takeEntry(entry);
  return sightings.end()[0]?.[1];
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
      "a range for an address",
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
    ["no ports", ({ spec }) => delete spec.ports, ["ports"], "not an entry that this program writes"],
  ];
  for (const [what, edit, fields, line] of edits) {
    it(`shows ${what}`, () => {
      const edited = live(edit);
      assert.deepEqual(differences(edited, DECLARED), fields);
      assert.equal(
        lineOf(edited, stateOf(INPUTS))?.replace(
          /spiffe:\/\/\S+/,
          line.includes("spiffe:// ") ? "spiffe://" : "$&",
        ),
        line,
      );
    });
  }

  it("shows who sees it where that is not as for the peer's other services, as its line would", () => {
    const edited = live(({ spec }) => (spec.exportTo = ["client", "shop"]));
    assert.deepEqual(differences(edited, DECLARED), ["exportTo"]);
    assert.equal(lineOf(edited, stateOf(INPUTS)), `${LINE} exportTo client, shop`);
    const declared = { ...INPUTS, services: { [HOST]: `${LINE} exportTo client, shop` } };
    assert.deepEqual(differences(edited, declaredObjects(declared)(HOST)[0] ?? assert.fail()), []);
  });

  it("shows that nobody sees it, or what cannot be said in a line, as a field that differs", () => {
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

  it("is restored from its marked line", () => {
    const services = {
      a: `${LINE} (not as declared: ports)`,
      b: LINE,
      c: "not an entry that this program writes",
    };
    assert.deepEqual(restorable(services), { a: LINE, b: LINE });
  });
});

describe("A service that several peers serve, in the cluster", () => {
  const SHARED = `${LINE} servedBy cluster-b, cluster-c weight 3`;
  const inputs: Inputs = {
    ...INPUTS,
    otherGateways: { "cluster-c": ["203.0.113.30:15443 in eu/c"] },
    services: { [HOST]: SHARED },
  };
  const [entry = assert.fail()] = declaredObjects(inputs)(HOST) as unknown as LiveObject[];

  it("is its line when it is as declared, and has the gateways of all", () => {
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

  it("shows that a gateway is missing, or that it does not say who serves it", () => {
    const edited = structuredClone(entry);
    (edited.spec?.["endpoints"] as unknown[]).pop();
    assert.equal(lineOf(edited, stateOf(inputs)), `${SHARED} (not as declared: endpoints)`);
    const silent = structuredClone(entry);
    delete silent.metadata.annotations;
    assert.equal(lineOf(silent, stateOf(inputs)), `${LINE} (not as declared: endpoints)`);
  });
});

describe("A service whose gateways pause, in the cluster", () => {
  const PAUSING = `${LINE} outlierDetection consecutive5xxErrors 5, interval 10s`;
  const inputs: Inputs = { ...INPUTS, services: { [HOST]: PAUSING } };
  const [entry = assert.fail(), rule = assert.fail()] = declaredObjects(inputs)(
    HOST,
  ) as unknown as LiveObject[];

  const told = (found: LiveObject, rules: readonly LiveObject[]) => {
    const sightings = new Sightings(stateOf(inputs));
    sightings.takeEntry(found);
    for (const each of rules) sightings.take("DestinationRule", each);
    return sightings.end()[0]?.[1];
  };

  it("is its line when entry and rule are as declared", () => {
    assert.equal(told(entry, [rule]), PAUSING);
  });

  it("shows a rule that is gone or edited, and an entry that tells of none, or of one that cannot be", () => {
    assert.equal(told(entry, []), `${PAUSING} (not as declared: DestinationRule)`);
    const edited = structuredClone(rule);
    Object.assign(edited.spec ?? {}, { trafficPolicy: { outlierDetection: { interval: "1s" } } });
    assert.equal(told(entry, [edited]), `${PAUSING} (not as declared: DestinationRule trafficPolicy)`);
    const silent = structuredClone(entry);
    delete silent.metadata.annotations;
    assert.equal(told(silent, [rule]), LINE);
    silent.metadata.annotations = { "istio-federation.dev/outlier-detection": "often" };
    assert.equal(told(silent, [rule]), `${LINE} (not as declared: annotations)`);
  });
});

describe("A service with another name here than there, in the cluster", () => {
  const GLOBAL = "bar.xyz.global";
  const RENAMED = `8080/HTTP http of ${HOST} as spiffe://cluster-b.local/ns/xyz/sa/bar`;
  const inputs: Inputs = { ...INPUTS, services: { [GLOBAL]: RENAMED } };
  const [entry = assert.fail(), rule = assert.fail()] = declaredObjects(inputs)(
    GLOBAL,
  ) as unknown as LiveObject[];

  /** What a refresh tells of it. */
  const told = (entries: readonly LiveObject[], rules: readonly LiveObject[]) => {
    const sightings = new Sightings(stateOf(inputs));
    for (const found of entries) sightings.takeEntry(found);
    for (const found of rules) sightings.take("DestinationRule", found);
    return sightings.end();
  };

  it("is its line when entry and rule are as declared", () => {
    assert.deepEqual(told([entry], [rule]), [[GLOBAL, RENAMED]]);
  });

  it("shows a rule that is gone, or edited, and what of the entry is", () => {
    const edited = structuredClone(rule);
    Object.assign(edited.spec ?? {}, { trafficPolicy: {}, exportTo: ["x"] });
    const moved = structuredClone(entry);
    Object.assign(moved.spec ?? {}, { location: "MESH_EXTERNAL" });
    const marked = (fields: string) => [[GLOBAL, `${RENAMED} (not as declared: ${fields})`]];
    assert.deepEqual(told([entry], []), marked("DestinationRule"));
    const fields = "DestinationRule exportTo, DestinationRule trafficPolicy";
    assert.deepEqual(told([entry], [edited]), marked(fields));
    assert.deepEqual(told([moved], [rule]), marked("location"));
    assert.deepEqual(restorable(Object.fromEntries(told([moved], [edited]))), inputs.services);
  });

  it("shows a rule without an entry", () => {
    const stray = { ...rule, metadata: { ...rule.metadata, name: "stray.global" } };
    assert.deepEqual(told([entry], [stray, rule]), [
      ["stray.global", "not an entry that this program writes"],
      [GLOBAL, RENAMED],
    ]);
  });

  it("is not what it was when its entry does not tell its name there, or tells another", () => {
    const silent = structuredClone(entry);
    delete silent.metadata.annotations;
    assert.deepEqual(differences(silent, declaredObjects(inputs)(GLOBAL)[0] ?? assert.fail()), [
      "annotations",
    ]);
    assert.deepEqual(told([silent], []), [[GLOBAL, RENAMED.replace(` of ${HOST}`, "")]]);
    assert.deepEqual(told([silent], [rule]).at(-1), [GLOBAL, "not an entry that this program writes"]);
    silent.metadata.annotations = { [REMOTE_HOST_ANNOTATION]: "no name" };
    assert.deepEqual(told([silent], [rule]).at(-1), [GLOBAL, "not an entry that this program writes"]);
  });
});

describe("A service whose calls the peer's gateway opens, in the cluster", () => {
  const OPENED = "8080/HTTP http as spiffe://cluster-b.local/ns/istio-gateway/sa/eastwestgateway atGateway";
  const inputs: Inputs = { ...INPUTS, services: { [HOST]: OPENED } };
  const [entry = assert.fail(), rule = assert.fail()] = declaredObjects(inputs)(
    HOST,
  ) as unknown as LiveObject[];

  const told = (found: LiveObject, rules: readonly LiveObject[]) => {
    const sightings = new Sightings(stateOf(inputs));
    sightings.takeEntry(found);
    for (const each of rules) sightings.take("DestinationRule", each);
    return sightings.end();
  };

  it("is its line when entry and rule are as declared", () => {
    assert.deepEqual(told(entry, [rule]), [[HOST, OPENED]]);
    assert.deepEqual(told(entry, []), [[HOST, `${OPENED} (not as declared: DestinationRule)`]]);
  });

  it("is not what it was when its entry does not tell of that", () => {
    const silent = structuredClone(entry);
    delete silent.metadata.annotations;
    assert.deepEqual(told(silent, []), [[HOST, OPENED.replace(" atGateway", "")]]);
  });
});
