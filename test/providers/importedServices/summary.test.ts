import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { removalToken } from "../../../federation/imports/brake.ts";
import { type Inputs, UNFINISHED, stateOf } from "../../../providers/importedServices/inputs.ts";
import { summarize, unfinished } from "../../../providers/importedServices/summary.ts";

const BAR = "bar.xyz.svc.cluster-b.local";
const LINE = "8080/HTTP http as spiffe://cluster-b.local/ns/xyz/sa/bar";

const KNOWN: Inputs = {
  kubeconfig: { context: "cluster-a" },
  namespace: "istio-federation",
  peer: "cluster-b",
  exportTo: ["abc"],
  gateways: ["203.0.113.10:15443"],
  services: { [BAR]: LINE },
};

/** What is said when the program asks for this, and gets it. */
const said = (olds: Partial<Inputs>, changes: Partial<Inputs>): string[] => {
  const news = { ...KNOWN, ...changes };
  return summarize(olds, news, news);
};

describe("What a preview says of a peer", () => {
  it("is nothing when nothing changes", () => {
    assert.deepEqual(said(KNOWN, {}), []);
  });

  it("names the services that come with it", () => {
    assert.deepEqual(said({}, {}), [`peer cluster-b: adds 1 service (${BAR})`]);
  });

  it("is one line for all its services", () => {
    const services = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`s${index}.x.svc.cluster-b.local`, LINE]),
    );
    const [line, ...others] = said(KNOWN, { services });
    assert.deepEqual(others, []);
    assert.ok(line && line.length < 250, line);
    assert.match(line, /^peer cluster-b: adds 10,000 services \(.* and 9,997 more\), removes 1 \(bar\./);
  });

  it("tells a gateway's change once, whatever number of services is behind it", () => {
    assert.deepEqual(said(KNOWN, { gateways: ["203.0.113.11:15443"] }), [
      "peer cluster-b: gateways 203.0.113.10:15443 => 203.0.113.11:15443",
    ]);
  });

  it("tells what it leaves to other peers, and what gateways of theirs its services have from now on", () => {
    assert.deepEqual(said(KNOWN, { services: {}, handedOver: [BAR, "never.known"] }), [
      `peer cluster-b: leaves 1 to other peers, which serve them (${BAR})`,
    ]);
    assert.deepEqual(said(KNOWN, { otherGateways: { "cluster-c": ["203.0.113.30:15443"] } }), [
      "peer cluster-b: gateways of cluster-c none => 203.0.113.30:15443",
    ]);
  });

  it("tells who else answers for its services from now on", () => {
    const shared = `${LINE} servedBy cluster-b, cluster-c`;
    const more = `${LINE} servedBy cluster-b, cluster-c weight 2, cluster-d`;
    assert.deepEqual(said(KNOWN, { services: { [BAR]: shared } }), [
      `peer cluster-b: changes 1 service (${BAR}); 1 also served by cluster-c from now on (${BAR})`,
    ]);
    const known = { ...KNOWN, services: { [BAR]: `${shared} (not as declared: endpoints)` } };
    assert.deepEqual(said(known, { services: { [BAR]: more } }), [
      `peer cluster-b: changes 1 service (${BAR}); 1 also served by cluster-d from now on (${BAR})`,
    ]);
  });

  it("tells who will see the services", () => {
    assert.deepEqual(said(KNOWN, { exportTo: ["*"] }), ["peer cluster-b: exportTo abc => *"]);
  });

  it("names what a refresh found changed, gone or added by hand", () => {
    const services = { [BAR]: `${LINE} (not as declared: ports)`, "by-hand.x.svc.cluster-b.local": LINE };
    assert.deepEqual(said({ ...KNOWN, services }, {}), [
      `peer cluster-b: changes 1 service (${BAR}), removes 1 (by-hand.x.svc.cluster-b.local)`,
    ]);
  });

  it("says what stays of a peer that offers nothing, and how to let it go", () => {
    const [line, ...others] = summarize(KNOWN, { ...KNOWN, services: {}, pending: "gone" }, KNOWN);
    assert.deepEqual(others, []);
    assert.match(line ?? "", /^peer cluster-b: keeps the 1 service\(s\) known before \(bar\.xyz/);
    assert.ok(line?.includes(removalToken(KNOWN.services, {})));
  });

  it("is nothing while services are not known yet", () => {
    assert.deepEqual(said({}, { services: { [BAR]: pulumi.runtime.unknownValue } }), []);
  });

  it("says that an update goes on which was not finished", () => {
    const state = { ...stateOf(KNOWN), imported: 412 };
    assert.equal(unfinished(state), undefined);
    assert.match(unfinished({ ...state, servicesDigest: UNFINISHED }) ?? "", /stopped with 412 service\(s\)/);
  });
});
