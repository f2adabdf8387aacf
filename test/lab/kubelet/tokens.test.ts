import assert from "node:assert/strict";
import type { CoreV1Api } from "@kubernetes/client-node";
import { TokenCache } from "../../../lab/kubelet/sources.ts";
import { podFixture } from "./pods.ts";

describe("TokenCache", () => {
  let now: number;
  let requests: { name: string; namespace: string; body: { spec: Record<string, unknown> } }[];
  let cache: TokenCache;
  beforeEach(() => {
    now = 1_000_000;
    requests = [];
    const createNamespacedServiceAccountToken = (request: (typeof requests)[number]) => {
      requests.push(request);
      const life = Number(request.body.spec.expirationSeconds) * 1000;
      return Promise.resolve({
        status: { token: `token ${requests.length}`, expirationTimestamp: new Date(now + life) },
      });
    };
    cache = new TokenCache({ createNamespacedServiceAccountToken } as unknown as CoreV1Api, () => now);
  });

  it("asks for the Pod's service account, audience and life, bound to the Pod", async () => {
    await cache.get(podFixture(), "istio-ca", 600);
    assert.deepEqual(requests[0], {
      name: "foo",
      namespace: "abc",
      body: {
        spec: {
          audiences: ["istio-ca"],
          expirationSeconds: 600,
          boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "foo-1", uid: "0000-1" },
        },
      },
    });
  });

  it("keeps a token for four fifths of its life, then gets another", async () => {
    assert.equal(await cache.get(podFixture(), "a", 1000), "token 1");
    now += 799_000;
    assert.equal(await cache.get(podFixture(), "a", 1000), "token 1");
    now += 2_000;
    assert.equal(await cache.get(podFixture(), "a", 1000), "token 2");
  });

  it("has a token of its own for each audience and Pod", async () => {
    const other = podFixture({ metadata: { uid: "0000-2" } });
    assert.equal(await cache.get(podFixture(), "a"), "token 1");
    assert.equal(await cache.get(podFixture()), "token 2");
    assert.equal(await cache.get(other, "a"), "token 3");
  });

  it("forgets the tokens of a Pod that is gone", async () => {
    await cache.get(podFixture());
    cache.drop(podFixture());
    assert.equal(await cache.get(podFixture()), "token 2");
  });
});
