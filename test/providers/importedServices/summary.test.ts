import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_BRAKE, removalToken } from "../../../federation/imports/brake.ts";
import { jsonOf } from "../../federation/imports/importOf.ts";
import { inputsOfB } from "./support.ts";
import { type Inputs, UNFINISHED, stateOf } from "../../../providers/importedServices/inputs.ts";
import { summarize, unfinished } from "../../../providers/importedServices/summary.ts";

const BAR = "bar.xyz.svc.cluster-b.local";
const LINE = "8080/HTTP http as spiffe://cluster-b.local/ns/xyz/sa/bar";

const KNOWN = inputsOfB({ [BAR]: LINE }, { peer: "cluster-b", exportTo: ["abc"] });

/** Returns the lines of a preview from state to inputs. */
const said = (olds: Partial<Inputs>, changes: Partial<Inputs>): string[] => {
  const news = { ...KNOWN, ...changes };
  return summarize(olds, { ...news, movable: "", held: "", brake: DEFAULT_BRAKE, required: false }, news);
};

describe("The preview of a peer", () => {
  it("is empty when nothing changes", () => {
    assert.deepEqual(said(KNOWN, {}), []);
  });

  it("lists added services, one line each", () => {
    assert.deepEqual(said({}, {}), [
      `peer cluster-b: adds 1 service (${BAR})`,
      `peer cluster-b: + ${BAR}: ${LINE}`,
    ]);
  });

  it("lists the fields of a changed service and the host of a removed one", () => {
    const before = { ...KNOWN, services: jsonOf({ [BAR]: LINE, "old.xyz": LINE }) };
    const now = `${LINE.replace("8080/HTTP http", "8081/HTTP http")} exportTo shop`;
    assert.deepEqual(said(before, { services: jsonOf({ [BAR]: now }) }), [
      `peer cluster-b: changes 1 service (${BAR}), removes 1 (old.xyz)`,
      `peer cluster-b: ~ ${BAR}: ports 8080/HTTP http => 8081/HTTP http; exportTo none => shop`,
      "peer cluster-b: - old.xyz",
    ]);
  });

  it("lists the first of very many services and counts the rest", () => {
    const services = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`s${index}.x.svc.cluster-b.local`, LINE]),
    );
    const lines = said(KNOWN, { services: jsonOf(services) });
    assert.equal(lines.length, 52);
    assert.ok(lines.every((line) => line.length < 250));
    assert.match(
      lines[0] ?? "",
      /^peer cluster-b: adds 10,000 services \(.* and 9,997 more\), removes 1 \(bar\./,
    );
    assert.match(lines[51] ?? "", /and 9,951 more services/);
  });

  it("shows a gateway's change once, whatever the number of services", () => {
    assert.deepEqual(said(KNOWN, { gateways: [{ address: "203.0.113.11", port: 15443 }] }), [
      "peer cluster-b: gateways 203.0.113.10:15443 => 203.0.113.11:15443",
    ]);
  });

  it("lists hosts that move to other peers, and other peers' gateways that are added", () => {
    assert.deepEqual(said(KNOWN, { services: {}, handedOver: [BAR, "never.known"] }), [
      `peer cluster-b: leaves 1 to other peers, which serve them (${BAR})`,
    ]);
    assert.deepEqual(
      said(KNOWN, { otherGateways: { "cluster-c": [{ address: "203.0.113.30", port: 15443 }] } }),
      ["peer cluster-b: gateways of cluster-c none => 203.0.113.30:15443"],
    );
  });

  it("lists peers that begin to serve its services too", () => {
    const shared = `${LINE} servedBy cluster-b, cluster-c`;
    const more = `${LINE} servedBy cluster-b, cluster-c weight 2, cluster-d`;
    assert.deepEqual(said(KNOWN, { services: jsonOf({ [BAR]: shared }) }), [
      `peer cluster-b: changes 1 service (${BAR}); 1 also served by cluster-c from now on (${BAR})`,
      `peer cluster-b: ~ ${BAR}: servedBy none => cluster-b, cluster-c`,
    ]);
    const known = { ...KNOWN, services: jsonOf({ [BAR]: shared }), notAsDeclared: { [BAR]: "endpoints" } };
    assert.deepEqual(said(known, { services: jsonOf({ [BAR]: more }) }), [
      `peer cluster-b: changes 1 service (${BAR}); 1 also served by cluster-d from now on (${BAR})`,
      `peer cluster-b: ~ ${BAR}: servedBy cluster-b, cluster-c => cluster-b, cluster-c weight 2, cluster-d`,
    ]);
  });

  it("shows a changed exportTo", () => {
    assert.deepEqual(said(KNOWN, { exportTo: ["*"] }), ["peer cluster-b: exportTo abc => *"]);
  });

  it("lists what a refresh found changed, unreadable or added manually", () => {
    const services = jsonOf({ [BAR]: LINE, "by-hand.x.svc.cluster-b.local": LINE });
    const notAsDeclared = { [BAR]: "ports", "stray.x": "unexpected DestinationRule" };
    assert.deepEqual(said({ ...KNOWN, services, notAsDeclared }, {}), [
      `peer cluster-b: changes 1 service (${BAR}), removes 2 (by-hand.x.svc.cluster-b.local, stray.x)`,
      `peer cluster-b: ~ ${BAR}: restored as declared`,
      "peer cluster-b: - by-hand.x.svc.cluster-b.local",
      "peer cluster-b: - stray.x",
    ]);
  });

  it("states what is kept of a peer that exports nothing, and how to remove it", () => {
    const [line, ...others] = summarize(
      KNOWN,
      {
        ...KNOWN,
        services: {},
        pending: "gone",
        movable: "",
        held: "",
        brake: DEFAULT_BRAKE,
        required: false,
      },
      KNOWN,
    );
    assert.deepEqual(others, []);
    assert.match(line ?? "", /^peer cluster-b: keeps the 1 service\(s\) known before \(bar\.xyz/);
    assert.ok(line?.includes(removalToken(KNOWN.services, {})));
  });

  it("states as an error what the brake keeps", () => {
    const asked = { ...KNOWN, movable: "", held: "", brake: DEFAULT_BRAKE, required: false };
    const expected = [
      "error: peer cluster-b: keeps the 1 service(s) known before, as it would lose 1 of 1 services",
    ];
    const inputs = { ...KNOWN, braked: "would lose 1 of 1 services" };
    assert.deepEqual(summarize(KNOWN, asked, inputs), expected);
    assert.deepEqual(summarize(KNOWN, { ...asked, services: {} }, inputs), expected, "one line, not two");
  });

  it("is empty while services are unknown", () => {
    assert.deepEqual(said({}, { services: { [BAR]: pulumi.runtime.unknownValue } }), []);
  });

  it("states that an unfinished update is resumed", () => {
    const state = { ...stateOf(KNOWN), imported: 412 };
    assert.equal(unfinished(state), undefined);
    assert.match(unfinished({ ...state, servicesDigest: UNFINISHED }) ?? "", /stopped with 412 service\(s\)/);
  });
});
