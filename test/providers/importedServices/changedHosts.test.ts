import assert from "node:assert/strict";
import { changedHosts, remember } from "../../../providers/importedServices/diff.ts";
import { type Inputs, UNFINISHED, idOf, stateOf } from "../../../providers/importedServices/inputs.ts";
import { inputsOfB } from "./support.ts";

const LINE = "8080/HTTP http as spiffe://b.local/ns/xyz/sa/bar";

/** Inputs with services `s0`, `s1`, ... of which some have another line. */
function inputsOf(peer: string, count: number, lines: Record<string, string> = {}): Inputs {
  const services = Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, LINE]));
  return inputsOfB({ ...services, ...lines }, { kubeconfig: { context: "a" }, peer });
}

const find = (olds: Inputs, news: Inputs, state = stateOf(olds)) => changedHosts(idOf(olds), state, news);

describe("The hosts that an update compares", () => {
  it("are the added, changed and removed ones when the last update's services are known", () => {
    const olds = inputsOf("b", 1000);
    remember(olds);
    const { s2, ...services } = inputsOf("b", 1000, { s1: LINE.replace("8080", "8081"), new: LINE }).services;
    assert.ok(s2);
    assert.deepEqual(find(olds, { ...olds, services })?.hosts, ["new", "s1", "s2"]);
    assert.deepEqual(find(olds, olds), { hosts: [], before: olds.services });
  });

  it("are all when many changed", () => {
    const olds = inputsOf("many", 10);
    remember(olds);
    assert.equal(find(olds, inputsOf("many", 61)), undefined);
    assert.equal(find(olds, inputsOf("many", 60))?.hosts.length, 50);
  });

  it("are all when fields of every entry change, or the cluster", () => {
    const olds = inputsOf("moved", 10);
    remember(olds);
    for (const change of [{ exportTo: ["x"] }, { gateways: [] }, { kubeconfig: { context: "other" } }]) {
      assert.equal(find(olds, { ...olds, ...change }), undefined);
    }
  });

  it("are all when the last services are unknown or the last update did not finish", () => {
    const olds = inputsOf("unknown", 10);
    assert.equal(find(olds, olds), undefined);
    remember(olds);
    assert.equal(find(olds, olds, { ...stateOf(olds), servicesDigest: UNFINISHED }), undefined);
    assert.equal(find(olds, olds, stateOf(inputsOf("unknown", 11))), undefined);
  });

  it("are all in the first update", () => {
    remember({});
    assert.equal(find(inputsOf("first", 1), inputsOf("first", 2)), undefined);
  });
});
