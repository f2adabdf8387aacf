import assert from "node:assert/strict";
import { withTrafficObjects } from "../../federation/meshObjects.ts";
import { parseTraffic } from "../../federation/traffic/trafficDocuments.ts";
import { snapshotOf } from "./planContext.ts";
import { istioObject } from "./traffic/trafficCase.ts";

/** A snapshot of a stack with these traffic objects. */
function snapshotWith(yaml: string, cluster: object = {}) {
  const { objects } = parseTraffic([{ path: "traffic.yaml", text: yaml }], []);
  const traffic = { declared: { value: { objects, declared: [], faults: [] } } };
  return snapshotOf({}, { traffic: traffic as never, cluster });
}

const allow = istioObject(
  "AuthorizationPolicy",
  "callers",
  "selector: {matchLabels: {app: foo}}, rules: []",
  "security",
);
const POLICY = { namespace: "shop", name: "callers", action: "ALLOW", selector: { app: "foo" } };

describe("The policies and rules that calls of peers are subject to", () => {
  it("are those of the stack's traffic objects too, before they are there", () => {
    const { cluster } = withTrafficObjects(snapshotWith(allow));
    assert.deepEqual(cluster.authorizationPolicies, { value: [POLICY] });
  });

  it("are the stack's in place of what the cluster has under their names", () => {
    const old = { ...POLICY, action: "DENY" as const };
    const other = { ...old, name: "other" };
    const { cluster } = withTrafficObjects(
      snapshotWith(allow, { authorizationPolicies: { value: [old, other] } }),
    );
    assert.deepEqual(cluster.authorizationPolicies, { value: [other, POLICY] });
  });

  it("are PeerAuthentications and DestinationRules", () => {
    const yaml =
      istioObject("PeerAuthentication", "default", "mtls: {mode: STRICT}", "security") +
      istioObject("DestinationRule", "foo", "host: foo, trafficPolicy: {tls: {mode: DISABLE}}");
    const { peerAuthentications, destinationRules } = withTrafficObjects(snapshotWith(yaml)).cluster;
    const named = { namespace: "shop", created: "9999" };
    assert.deepEqual(peerAuthentications, {
      value: [{ ...named, name: "default", selector: {}, mode: "STRICT", ports: {} }],
    });
    const spec = { host: "foo", trafficPolicy: { tls: { mode: "DISABLE" } } };
    assert.deepEqual(destinationRules, { value: [{ ...named, name: "foo", labels: {}, spec }] });
  });

  it("are not those for gateways, nor dry runs", () => {
    const targeted = istioObject(
      "AuthorizationPolicy",
      "edge",
      "targetRefs: [{kind: Gateway, name: edge}]",
      "security",
    );
    const dry = allow.replace("namespace: shop", "namespace: shop, annotations: {istio.io/dry-run: 'true'}");
    for (const yaml of [targeted, dry])
      assert.deepEqual(withTrafficObjects(snapshotWith(yaml)).cluster.authorizationPolicies, { value: [] });
  });

  it("are not known where the cluster's are not", () => {
    const unread = { authorizationPolicies: { unreachable: "no answer" } };
    assert.deepEqual(
      withTrafficObjects(snapshotWith(allow, unread)).cluster.authorizationPolicies,
      unread.authorizationPolicies,
    );
  });
});
