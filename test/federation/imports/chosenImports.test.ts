import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { planImports } from "../../../federation/imports/contracts.ts";
import { chooseFromPeers } from "../../../federation/imports/peerChoices.ts";
import {
  localCluster,
  BAR,
  KUBECONFIG,
  LOCAL_CLUSTER,
  contractOf,
  WEB,
  contractC,
  validConfig,
} from "../samples.ts";

const choose = (b: unknown, c: unknown) => {
  const planned = planImports(localCluster, { "cluster-b": contractOf(), "cluster-c": contractC });
  assert.deepEqual(planned.faults, []);
  const peers = { "cluster-b": { stack: "b", imports: b }, "cluster-c": { stack: "c", imports: c } };
  const config = validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, peers }, "cluster-a");
  return chooseFromPeers(planned.imports, config);
};

/** Returns the errors about names that nobody registers anew; there are no faults. */
const errorsOf = (b: unknown, c: unknown): string[] => {
  const { faults, errors } = choose(b, c);
  assert.deepEqual(faults, []);
  return errors;
};

describe("The imports of a stack", () => {
  it("are chosen by the rules of each peer", () => {
    const { choices, faults, warnings } = choose(
      [{ as: "shop.example.org" }],
      [{ service: "web", skip: true }],
    );
    assert.deepEqual([faults, warnings], [[], []]);
    assert.deepEqual(Object.keys(choices["cluster-b"]?.services ?? {}), [BAR, "shop.example.org"]);
    assert.deepEqual(choices["cluster-c"]?.services, {});
  });

  it("hold one host for services with different remote hosts, unless one is skipped or preferred", () => {
    const rules = [[{ as: "shop.example.org" }], [{ as: ["a.example.org", "shop.example.org"] }]] as const;
    const [error = "", ...others] = errorsOf(...rules);
    assert.deepEqual(others, []);
    const expected =
      "peers.cluster-b.imports[0].as: has 1 name(s) here that services of peer cluster-c have too (shop.example.org), " +
      `and they have other names to ask their gateways for (${BAR}; ${WEB}); what is registered of them stays`;
    assert.ok(error.startsWith(expected), error);
    const held = Object.values(choose(...rules).choices);
    assert.deepEqual(
      held.map(({ services, heldNames }) => [Object.keys(services), heldNames]),
      [
        [[BAR], ["shop.example.org"]],
        [["a.example.org", WEB], ["shop.example.org"]],
      ],
    );
    const shop = { as: "shop.example.org" };
    assert.deepEqual(errorsOf([shop], [{ skip: true }]), []);
    const { choices, faults } = choose([{ ...shop, priority: 1 }], [shop]);
    assert.deepEqual(faults, []);
    assert.deepEqual(Object.keys(choices["cluster-b"]?.services ?? {}), [BAR, "shop.example.org"]);
    assert.deepEqual(Object.keys(choices["cluster-c"]?.services ?? {}), [WEB]);
    assert.equal(choices["cluster-c"]?.elsewhere, 1);
  });

  it("keep a host of several peers as it is while these publish other ports", () => {
    const shop = { as: "shop.example.org" };
    const [b, c] = [8080, 9090].map((number) => {
      const ports = [{ number, name: "http", protocol: "HTTP" as const }];
      const host = number === 8080 ? BAR : WEB;
      const base = number === 8080 ? contractOf() : contractC;
      return { ...base, services: { [host]: { ...base.services[host]!, ports } } };
    });
    const planned = planImports(localCluster, { "cluster-b": b, "cluster-c": c });
    const peers = {
      "cluster-b": { stack: "b", imports: [shop] },
      "cluster-c": { stack: "c", imports: [shop] },
    };
    const config = validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, peers }, "cluster-a");
    const { choices, faults, errors } = chooseFromPeers(planned.imports, config);
    assert.match(
      errors.join(),
      /they have other ports .*; what is registered of them stays until that is settled/,
    );
    assert.match(errors.join(), /they have other names to ask their gateways for/);
    assert.deepEqual(faults, []);
    for (const peer of ["cluster-b", "cluster-c"]) {
      assert.equal(Object.hasOwn(choices[peer]?.services ?? {}, "shop.example.org"), false);
      assert.deepEqual(choices[peer]?.heldNames, ["shop.example.org"]);
    }
  });

  it("hold a host in another peer's domain", () => {
    for (const rule of [{}, { skip: true }]) {
      assert.deepEqual(errorsOf([{ as: WEB }], [rule]), [
        `peers.cluster-b.imports[0].as: "${WEB}" is a name of 'cluster-c.local', the domain of peer cluster-c; ` +
          "what is registered of it stays until that is settled. Give it another name.",
      ]);
      const { services, heldNames } = choose([{ as: WEB }], [rule]).choices["cluster-b"] ?? assert.fail();
      assert.deepEqual([Object.keys(services), heldNames], [[BAR], [WEB]]);
    }
  });

  it("warn of rules that decide on no service", () => {
    assert.deepEqual(choose([{ selector: { tier: "gold" } }, {}], [{}]).warnings, [
      "peers.cluster-b.imports[0]: matches none of the 1 service(s) that the peer offers. " +
        "Correct it, or ask the peer's team what it exports and with which labels.",
    ]);
  });
});
