import assert from "node:assert/strict";
import type { V1Pod } from "@kubernetes/client-node";
import { ADDRESS_ANNOTATION, chooseAddress } from "../../../lab/kubelet/addresses.ts";

const choose = (pod: V1Pod, ...taken: string[]) => chooseAddress(pod, "127.10", new Set(taken));

describe("chooseAddress", () => {
  it("gives istiod and the east-west gateway their fixed addresses", () => {
    assert.equal(choose({ metadata: { labels: { app: "istiod" } } }), "127.10.0.2");
    assert.equal(choose({ metadata: { labels: { istio: "eastwestgateway" } } }), "127.10.0.3");
  });

  it("gives a second gateway an address of its own, and makes a third one wait", () => {
    const gateway = { metadata: { labels: { istio: "eastwestgateway" } } };
    assert.equal(choose(gateway, "127.10.0.3"), "127.10.0.5");
    assert.equal(choose(gateway, "127.10.0.3", "127.10.0.5"), undefined);
  });

  it("obeys the annotation, over a role", () => {
    const metadata = { labels: { app: "istiod" }, annotations: { [ADDRESS_ANNOTATION]: "127.10.1.9" } };
    assert.equal(choose({ metadata }), "127.10.1.9");
  });

  it("gives a Pod that had an address the same again", () => {
    assert.equal(choose({ status: { podIP: "127.10.1.7" } }), "127.10.1.7");
  });

  it("makes a Pod wait while another one has its address", () => {
    assert.equal(choose({ metadata: { labels: { app: "istiod" } } }, "127.10.0.2"), undefined);
  });

  it("gives other Pods the next free address", () => {
    assert.equal(choose({}), "127.10.1.1");
    assert.equal(choose({}, "127.10.1.1", "127.10.1.3"), "127.10.1.2");
  });

  it("has no address left after 254 Pods", () => {
    const all = Array.from({ length: 254 }, (_, index) => `127.10.1.${index + 1}`);
    assert.equal(choose({}, ...all), undefined);
  });
});
