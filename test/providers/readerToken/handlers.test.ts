import assert from "node:assert/strict";
import { provider as handlers } from "../../../providers/readerToken/handlers.ts";
import type { Inputs } from "../../../providers/readerToken/inputs.ts";
import { FakeApiServer } from "../support/fakeApiServer.ts";

const SECRET = "gi.v3n";
const HOUR = 3_600_000;

describe("A reader's token", () => {
  let server: FakeApiServer;
  let inputs: Inputs;

  before(async () => {
    server = await FakeApiServer.start();
    inputs = {
      kubeconfig: server.kubeconfig,
      peer: "cluster-b",
      namespace: "istio-system",
      serviceAccount: "reader-b",
      uid: "1",
      hours: 24,
    };
  });

  after(() => {
    server.stop();
  });

  const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
  const answer = (status: object, code = 201) => {
    server.answer({ status: code, body: { kind: "TokenRequest", status } });
  };

  async function failure(): Promise<string> {
    const error: unknown = await handlers.create(inputs).then(
      () => assert.fail("must fail"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof Error);
    assert.ok(!String(error.stack).includes(SECRET));
    return error.message;
  }

  it("is asked of the API server, and kept with the life that this gave it", async () => {
    const expirationTimestamp = inHours(24);
    answer({ token: SECRET, expirationTimestamp });
    const { id, outs } = await handlers.create(inputs);
    assert.deepEqual(server.requests, [
      "POST /api/v1/namespaces/istio-system/serviceaccounts/reader-b/token",
    ]);
    assert.equal(id, "istio-system/reader-b");
    assert.ok(outs);
    const { token, expires, issued } = outs;
    assert.deepEqual([token, expires], [SECRET, expirationTimestamp.replace(/\.\d+Z/, "Z")]);
    assert.ok(Math.abs(Date.now() - Date.parse(issued)) < 60_000);
  });

  it("may end sooner than was asked for", async () => {
    answer({ token: SECRET, expirationTimestamp: inHours(1) });
    const { outs } = await handlers.update("id", {} as never, inputs);
    assert.ok(outs);
    assert.ok(Date.parse(outs.expires) < Date.now() + 2 * HOUR);
  });

  it("may not end later than was asked for", async () => {
    answer({ token: SECRET, expirationTimestamp: inHours(8760) });
    assert.match(
      await failure(),
      /token of ServiceAccount istio-system\/reader-b for peer cluster-b serves until .*, longer than the 24 h asked for/,
    );
  });

  it("may not have ended when it is given", async () => {
    answer({ token: SECRET, expirationTimestamp: inHours(-1) });
    assert.match(await failure(), /before it was given\. Correct this machine's clock$/);
  });

  for (const [what, status] of [
    ["no token", { expirationTimestamp: "2026-12-01T00:00:00Z" }],
    ["no end", { token: SECRET }],
  ] as const) {
    it(`is none when the answer has ${what}`, async () => {
      answer(status);
      assert.match(
        await failure(),
        /cannot get a token for ServiceAccount .*: the answer is no TokenRequest/,
      );
    });
  }

  it("is refused with who may not have it, and what to do", async () => {
    const message =
      'User "ci" cannot create resource "serviceaccounts/token" in API group "" in the namespace "istio-system"';
    server.answer({ status: 403, body: { kind: "Status", reason: "Forbidden", message } });
    assert.match(
      await failure(),
      /403 Forbidden: User "ci" cannot create resource "serviceaccounts\/token".*Let a Role/,
    );
  });

  it("is read as it is, and deleted without a word to the API server", async () => {
    server.answer("hang");
    const state = { token: SECRET } as never;
    assert.deepEqual(await handlers.read("id", state), { id: "id", props: state });
    await handlers.delete();
    assert.deepEqual(server.requests, []);
  });
});
