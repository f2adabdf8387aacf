import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { provider } from "../../providers/readerToken.ts";
import { at } from "../support/clock.ts";
import { fakeApiServer } from "./support/fakeApiServer.ts";

type Inputs = Parameters<typeof provider.create>[0];
type State = Parameters<typeof provider.diff>[1];

const SECRET = "gi.v3n";
const HOUR = 3_600_000;

describe("ReaderToken", () => {
  const server = fakeApiServer();
  let inputs: Inputs;

  before(() => {
    inputs = {
      kubeconfig: server.kubeconfig,
      peer: "cluster-b",
      namespace: "istio-system",
      serviceAccount: "reader-b",
      uid: "1",
      hours: 24,
    };
  });

  const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
  const answer = (status: object, code = 201) => {
    server.answer({ status: code, body: { kind: "TokenRequest", status } });
  };

  async function failure(): Promise<string> {
    const error: unknown = await provider.create(inputs).then(
      () => assert.fail("must fail"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof Error);
    assert.ok(!String(error.stack).includes(SECRET));
    return error.message;
  }

  it("requests a token and keeps it with the lifetime that the API server granted", async () => {
    const expirationTimestamp = inHours(24);
    answer({ token: SECRET, expirationTimestamp });
    const { id, outs } = await provider.create(inputs);
    assert.deepEqual(server.requests, [
      "POST /api/v1/namespaces/istio-system/serviceaccounts/reader-b/token",
    ]);
    assert.equal(id, "istio-system/reader-b");
    assert.ok(outs);
    const { token, expires, issued } = outs;
    assert.deepEqual([token, expires], [SECRET, expirationTimestamp.replace(/\.\d+Z/, "Z")]);
    assert.ok(Math.abs(Date.now() - Date.parse(issued)) < 60_000);
  });

  it("accepts a token that expires sooner than requested", async () => {
    answer({ token: SECRET, expirationTimestamp: inHours(1) });
    const { outs } = await provider.update("id", {} as never, inputs);
    assert.ok(outs);
    assert.ok(Date.parse(outs.expires) < Date.now() + 2 * HOUR);
  });

  it("refuses a token that expires later than requested", async () => {
    answer({ token: SECRET, expirationTimestamp: inHours(8760) });
    assert.match(
      await failure(),
      /token of ServiceAccount istio-system\/reader-b for peer cluster-b is valid until .*, longer than the 24 h asked for/,
    );
  });

  it("refuses an expired token", async () => {
    answer({ token: SECRET, expirationTimestamp: inHours(-1) });
    assert.match(await failure(), /before it was issued\. Correct this machine's clock$/);
  });

  for (const [what, status] of [
    ["no token", { expirationTimestamp: "2026-12-01T00:00:00Z" }],
    ["no end", { token: SECRET }],
  ] as const) {
    it(`refuses an answer with ${what}`, async () => {
      answer(status);
      assert.match(
        await failure(),
        /cannot get a token for ServiceAccount .*: the answer is no TokenRequest/,
      );
    });
  }

  it("reports a forbidden request, with the remedy", async () => {
    const message =
      'User "ci" cannot create resource "serviceaccounts/token" in API group "" in the namespace "istio-system"';
    server.answer({ status: 403, body: { kind: "Status", reason: "Forbidden", message } });
    assert.match(
      await failure(),
      /403 Forbidden: User "ci" cannot create resource "serviceaccounts\/token".*Let a Role/,
    );
  });

  it("reads and deletes without a request", async () => {
    server.answer("hang");
    const state = { token: SECRET } as never;
    assert.deepEqual(await provider.read("id", state), { id: "id", props: state });
    await provider.delete();
    assert.deepEqual(server.requests, []);
  });
});

const INPUTS: Inputs = {
  kubeconfig: { context: "cluster-a" },
  peer: "cluster-b",
  namespace: "istio-system",
  serviceAccount: "istio-federation-reader-cluster-b",
  uid: "1",
  hours: 720,
};
const STATE: State = {
  ...INPUTS,
  token: "t",
  issued: "2026-11-01T00:00:00Z",
  expires: "2026-12-01T00:00:00Z",
};
const EARLY = "2026-11-15T23:59:59Z";

describe("diff of ReaderToken", () => {
  const cases: [string, string, Partial<Record<keyof Inputs, unknown>>, boolean][] = [
    ["has no change in the first half of the token's lifetime", EARLY, {}, false],
    ["renews a token from half of its lifetime on", "2026-11-16T00:00:00Z", {}, true],
    ["renews an expired token", "2027-11-16T00:00:00Z", {}, true],
    ["requests another token for another lifetime", EARLY, { hours: 24 }, true],
    ["requests another token for a recreated ServiceAccount", EARLY, { uid: "2" }, true],
    ["requests another token for another ServiceAccount", EARLY, { serviceAccount: "other" }, true],
    ["requests another token when the uid is unknown", EARLY, { uid: pulumi.runtime.unknownValue }, true],
    ["has no change when the kubeconfig's path changes", EARLY, { kubeconfig: { path: "x" } }, false],
  ];
  for (const [title, now, change, changes] of cases) {
    it(title, async () => {
      const news = { ...INPUTS, ...change } as Inputs;
      const found = await at(new Date(now), () => provider.diff("id", STATE, news));
      assert.deepEqual(found, { changes });
    });
  }

  it("renews by the granted lifetime, not by the requested one", async () => {
    const short = { ...STATE, expires: "2026-11-01T02:00:00Z" };
    for (const [now, changes] of [
      ["2026-11-01T00:59:59Z", false],
      ["2026-11-01T01:00:00Z", true],
    ] as const) {
      const found = await at(new Date(now), () => provider.diff("id", short, INPUTS));
      assert.deepEqual(found, { changes });
    }
  });
});

describe("check of ReaderToken", () => {
  it("accepts valid inputs and unknown values", async () => {
    const unknown = pulumi.runtime.unknownValue;
    for (const change of [{}, { uid: unknown, serviceAccount: unknown, namespace: unknown }]) {
      assert.deepEqual((await provider.check({}, { ...INPUTS, ...change })).failures, []);
    }
  });

  it("accepts the ServiceAccount of a peer with the longest possible name", async () => {
    const peer = "b".repeat(63);
    const serviceAccount = `istio-federation-reader-${peer}`;
    assert.deepEqual((await provider.check({}, { ...INPUTS, peer, serviceAccount })).failures, []);
  });

  it("reports all faults at once", async () => {
    const { failures } = await provider.check(
      {},
      { ...INPUTS, peer: "A", namespace: "", serviceAccount: "x_", uid: "", hours: 0.5 },
    );
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["peer", "namespace", "serviceAccount", "uid", "hours"],
    );
  });
});
