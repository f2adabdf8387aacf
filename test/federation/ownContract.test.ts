import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { GatewayAddress } from "../../federation/core/address.ts";
import { planImports } from "../../federation/imports/contracts.ts";
import { ownGateways, reviewContract } from "../../federation/ownContract.ts";
import { toContractServices, type Offer } from "../../federation/exports/offer.ts";
import { ADDRESSES } from "./hostile/claims.ts";
import { gatewaysOf, identitiesOf, portsOf } from "./hostile/extremes.ts";
import { runPart } from "./planContext.ts";
import { KUBECONFIG, LOCAL_CLUSTER, contractOf, localCluster, validConfig } from "./samples.ts";

const GOOD = { address: "203.0.113.10", port: 15443 };

function configOf(changes: object = {}) {
  return validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...changes }, "cluster-a");
}

/** A Service as it is exported. */
function offerOf(name: string, changes: Partial<Offer> = {}): Offer {
  return {
    namespace: "abc",
    name,
    host: `${name}.abc.svc.cluster-a.local`,
    isAliased: false,
    via: "passthrough",
    selector: { app: name },
    ports: [{ number: 8080, name: "http", protocol: "HTTP", targetPort: 8080, targetPorts: [8080] }],
    isWhole: true,
    identities: [`spiffe://cluster-a.local/ns/abc/sa/${name}`],
    audience: [],
    importers: undefined,
    labels: {},
    permissiveBy: [],
    rule: {},
    ruleIndex: 0,
    ...changes,
  };
}

/** Reviews exports of cluster-a, whose gateway's Service has these addresses. */
function review(offers: Offer[], observed: GatewayAddress[] = [GOOD], changes: object = {}) {
  const exports = { offers, services: toContractServices(offers), aliases: [] };
  const { result, warnings } = runPart(configOf(changes), {}, (context) =>
    reviewContract(context, exports, observed, {}),
  );
  return { hosts: Object.keys(result.services), warnings };
}

describe("A cluster's own contract", () => {
  const addresses = [
    ...ADDRESSES,
    "lb01",
    "240.10.0.4",
    "198.18.4.4",
    "gw.istio-gateway.svc.cluster-a.local",
  ];
  for (const address of addresses)
    it(`publishes ${address} as a gateway only if peers use it`, () => {
      const { gateways } = ownGateways([{ address, port: 15443 }], configOf());
      const contract = contractOf({ gateways: [{ address, port: 15443 }] });
      const reader = { ...localCluster, clusterDomain: "cluster-x.local", cluster: "cluster-x" };
      const isUsed = (planImports(reader, { b: contract }).imports["b"]?.gateways.length ?? 0) > 0;
      // Only this cluster's own domain is another's there.
      if (!address.includes("cluster-a")) assert.equal(gateways.length > 0, isUsed);
      else if (address.includes(".svc.")) assert.deepEqual(gateways, []);
    });

  it("keeps the usable gateways, and warns of the others, naming what to change here", () => {
    const bad = ["localhost", "127.0.0.1", "lb01", "fe80::1%eth0"].map((address) => ({
      address,
      port: 15443,
    }));
    const { warnings } = review([], [...bad, GOOD]);
    assert.equal(warnings.length, 4);
    assert.match(
      warnings[1] ?? "",
      /^address of the gateway's Service: "127\.0\.0\.1" is no address to send traffic to \(loopback\), so it is not published: no peer would use it\. Give the gateway's Service another address .*allowGatewayAddresses/,
    );
    assert.doesNotMatch(warnings[2] ?? "", /allowGatewayAddresses|Have/);
    assert.deepEqual(ownGateways([...bad, GOOD], configOf()).gateways, [GOOD]);
  });

  it("has loopback gateways where this stack accepts the range", () => {
    const gateway = { address: "127.20.0.3", port: 15443 };
    const { warnings } = review([], [gateway], { allowGatewayAddresses: ["127.0.0.0/8"] });
    assert.deepEqual(warnings, []);
  });

  it("is refused with an advertised address that no peer would use, at its place in the config", () => {
    const advertise = [{ address: "203.0.113.10" }, { address: "lb01" }];
    assert.throws(
      () => review([], [], { gateway: { advertise } }),
      /gateway\.advertise\[1\]\.address: "lb01" is a name without/,
    );
  });

  it("is refused in a domain that no peer would let it have", () => {
    const cluster = { name: "cluster-a", domain: "clusterset.local", trustDomain: "cluster-a.local" };
    assert.throws(() => review([], [], { cluster }), /cluster\.domain: "clusterset\.local" must neither/);
  });

  it("is refused with more gateways than a ServiceEntry has room for", () => {
    const advertise = gatewaysOf(3500, { names: true });
    assert.throws(
      () => review([], [], { gateway: { advertise } }),
      /gateway\.advertise: take .* bytes in each ServiceEntry/,
    );
  });

  const ports = (count: number) =>
    portsOf(count).map((port) => ({ ...port, targetPort: port.number, targetPorts: [port.number] }));
  const identities = identitiesOf(250).map((id) => id.replaceAll("cluster-b", "cluster-a"));
  const namespace = "n".repeat(63);
  const long = `${"s".repeat(63)}.${namespace}.svc.cluster-a.local`;
  for (const [title, offer, rule] of [
    [
      "whose identities are of another trust domain",
      { identities: ["spiffe://other/ns/a/sa/b"] },
      /must be of the exporting cluster's trust domain 'cluster-a\.local'/,
    ],
    ["whose ServiceEntry would be too large", { ports: ports(128), identities }, /makes a ServiceEntry of/],
    ["under a name of somebody else", { host: "pay.example.org", isAliased: true }, /must be a name below/],
  ] as const)
    it(`does not export a Service ${title}, and says so to its owner`, () => {
      const gateways = rule.source.includes("ServiceEntry") ? gatewaysOf(600) : [GOOD];
      const { hosts, warnings } = review([offerOf("bad", offer), offerOf("good")], gateways);
      assert.deepEqual(hosts, ["good.abc.svc.cluster-a.local"]);
      assert.match(warnings.join("\n"), /^Service abc\/bad.*, so the Service is not exported\. (?!Have)/);
      assert.match(warnings.join("\n"), rule);
    });

  it("has a Service whose mesh name is too long, with a warning", () => {
    const meshDomain = `${"m".repeat(60)}.${"m".repeat(60)}.mesh`;
    const cluster = { ...LOCAL_CLUSTER, meshDomain };
    const { hosts, warnings } = review([offerOf("long", { host: long, namespace })], [GOOD], { cluster });
    assert.deepEqual(hosts, [long]);
    assert.match(
      warnings.join("\n"),
      /would be too long under the mesh domain .*so peers with this cluster's domain skip it/,
    );
  });

  it("has services of replicated clusters under their own names only", () => {
    const replicated = {
      topology: "replicated",
      certificateAuthority: { source: "shared", shared: { stack: "root-ca" } },
    };
    const alias = offerOf("pay", { host: "pay.cluster-a.local", isAliased: true });
    const { hosts, warnings } = review([alias, offerOf("good")], [GOOD], replicated);
    assert.deepEqual(hosts, ["good.abc.svc.cluster-a.local"]);
    assert.equal(warnings.length > 0, true);
  });
});
