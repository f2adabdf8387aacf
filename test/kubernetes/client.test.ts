import assert from "node:assert/strict";
import { ClusterClient } from "../../kubernetes/client.ts";
import type { ClusterError } from "../../kubernetes/errors.ts";
import { SERVICE_ENTRY } from "../../kubernetes/kinds.ts";
import { type Answer, TOKEN, FakeApiServer, fakeApiServer } from "../providers/support/fakeApiServer.ts";

const ENTRY = {
  apiVersion: "networking.istio.io/v1",
  kind: "ServiceEntry",
  metadata: { name: "bar.b", namespace: "ns", uid: "u", resourceVersion: "7" },
};
const OK = { status: 200, body: ENTRY };
const PATH = "/apis/networking.istio.io/v1/namespaces/ns/serviceentries";

function refusal(status: number, reason: string, message: string, causes: string[] = []) {
  return {
    status,
    body: { kind: "Status", reason, message, details: { causes: causes.map((c) => ({ reason: c })) } },
  };
}

describe("ClusterClient", () => {
  const server = fakeApiServer();
  let client: ClusterClient;

  before(async () => {
    client = await server.connect(2);
  });

  async function failure(attempt: Promise<unknown>): Promise<ClusterError> {
    const error = await attempt.then(
      () => assert.fail("must fail"),
      (reason: unknown) => reason as ClusterError,
    );
    assert.equal(error.name, "ClusterError", String(error.stack));
    assert.equal(
      JSON.stringify([error, error.message, error.stack]).includes(TOKEN),
      false,
      "shows the token",
    );
    return error;
  }

  describe("retries a request", () => {
    const passing: [string, Answer][] = [
      ["when the API server is too busy", refusal(429, "TooManyRequests", "later")],
      ["on an internal error of the API server", refusal(500, "InternalError", "etcd")],
      ["when a load balancer has no API server behind it", { status: 503, body: "no backend" }],
      ["after a timeout", "hang"],
      [
        "after a conflict with another write",
        refusal(409, "Conflict", "please apply your changes to the latest"),
      ],
    ];
    for (const [what, answer] of passing) {
      it(what, async () => {
        server.answer(answer, OK);
        await client.apply(SERVICE_ENTRY, ENTRY, true);
        assert.equal(server.requests.length, 2);
      });
    }

    it("not before the API server's Retry-After", async () => {
      server.answer({ ...refusal(429, "TooManyRequests", "later"), headers: { "retry-after": "1" } }, OK);
      const start = performance.now();
      await client.apply(SERVICE_ENTRY, ENTRY, true);
      assert.ok(performance.now() - start >= 1000);
    });

    it("not when Retry-After exceeds the policy", async () => {
      server.answer({ ...refusal(429, "TooManyRequests", "later"), headers: { "retry-after": "3600" } });
      const hasty = await ClusterClient.connect(server.kubeconfig, {
        deadline: 300,
        retries: 2,
        retryFor: 1000,
      });
      await failure(hasty.apply(SERVICE_ENTRY, ENTRY, true));
      assert.equal(server.requests.length, 1);
    });

    it("not when the first attempt is too long ago", async () => {
      server.answer("hang");
      const hasty = await ClusterClient.connect(server.kubeconfig, {
        deadline: 300,
        retries: 9,
        retryFor: 100,
      });
      await failure(hasty.apply(SERVICE_ENTRY, ENTRY, true));
      assert.equal(server.requests.length, 1);
    });

    it("once, with renewed credentials, when they are refused", async () => {
      server.answer(refusal(401, "Unauthorized", "Unauthorized"), OK);
      await client.apply(SERVICE_ENTRY, ENTRY, true);
      assert.equal(server.requests.length, 2);
      server.answer(refusal(401, "Unauthorized", "Unauthorized"));
      const { failure: why } = await failure(client.apply(SERVICE_ENTRY, ENTRY, true));
      assert.equal(server.requests.length, 2);
      assert.equal(why.status, 401);
    });

    it("when the kind's CRD was just created", async () => {
      const unknown = { status: 404, body: "404 page not found", headers: { "audit-id": "a" } };
      server.answer(unknown, OK);
      await client.apply(SERVICE_ENTRY, ENTRY, true);
      assert.equal(server.requests.length, 2);
    });

    it("not more often than the policy allows", async () => {
      server.answer(refusal(500, "InternalError", "etcd is down"));
      const { failure: why } = await failure(client.apply(SERVICE_ENTRY, ENTRY, true));
      assert.equal(server.requests.length, 3);
      assert.equal(why.unreachable, true);
    });
  });

  describe("does not retry", () => {
    const lasting: [string, Answer][] = [
      ["a forbidden request", refusal(403, "Forbidden", "User cannot patch")],
      ["an invalid object", refusal(422, "Invalid", "spec.hosts")],
      [
        "a conflict with another field manager",
        refusal(409, "Conflict", "conflict with team-x", ["FieldManagerConflict"]),
      ],
    ];
    for (const [what, answer] of lasting) {
      it(what, async () => {
        server.answer(answer);
        const { failure: why } = await failure(client.apply(SERVICE_ENTRY, ENTRY, false));
        assert.equal(server.requests.length, 1);
        assert.notEqual(why.unreachable, true);
      });
    }

    it("a replacement of an outdated resourceVersion", async () => {
      server.answer(refusal(409, "Conflict", "the object has been modified"));
      await failure(client.replace(SERVICE_ENTRY, ENTRY));
      assert.equal(server.requests.length, 1);
    });
  });

  describe("reports in an error", () => {
    it("the context, the verb, the object and the cause", async () => {
      server.answer(refusal(403, "Forbidden", "User cannot patch"));
      const { message } = await failure(client.apply(SERVICE_ENTRY, ENTRY, true));
      assert.equal(
        message,
        'cluster context "fake": cannot apply ServiceEntry ns/bar.b: 403 Forbidden: User cannot patch',
      );
    });

    it("the namespace of a list", async () => {
      server.answer(refusal(403, "Forbidden", "no"));
      assert.match(
        (await failure(client.list(SERVICE_ENTRY))).message,
        /list serviceentries in all namespaces/,
      );
      assert.match(
        (await failure(client.list(SERVICE_ENTRY, { namespace: "ns" }))).message,
        /in namespace ns: 403/,
      );
    });

    it("a timeout", async () => {
      server.answer("hang");
      const { message, failure: why } = await failure(client.probe());
      assert.match(message, /cannot reach the API server: 127\.30\.0\.9:\d+: no answer within 0\.3 s/);
      assert.equal(why.unreachable, true);
    });
  });

  describe("lists", () => {
    it("page by page", async () => {
      const page = (items: object[], next?: string) => ({
        status: 200,
        body: { items, metadata: { continue: next } },
      });
      server.answer(page([ENTRY], "more"), page([ENTRY, ENTRY]));
      assert.equal(
        (await client.list(SERVICE_ENTRY, { namespace: "ns", labelSelector: "a=b,c!=d" })).length,
        3,
      );
      assert.deepEqual(server.requests, [
        `GET ${PATH}?limit=500&labelSelector=a%3Db%2Cc%21%3Dd`,
        `GET ${PATH}?limit=500&labelSelector=a%3Db%2Cc%21%3Dd&continue=more`,
      ]);
    });

    it("from the start again when the pages expired", async () => {
      const first = { status: 200, body: { items: [ENTRY], metadata: { continue: "more" } } };
      const all = { status: 200, body: { items: [ENTRY, ENTRY], metadata: {} } };
      server.answer(first, refusal(410, "Expired", "too old"), all);
      assert.equal((await client.list(SERVICE_ENTRY)).length, 2);
    });

    it("no further when the accumulator throws, whatever happens to the next page", async () => {
      const first = { status: 200, body: { items: [ENTRY], metadata: { continue: "more" } } };
      server.answer(first, refusal(403, "Forbidden", "no"));
      const take = (): void => {
        throw new TypeError("oops");
      };
      await assert.rejects(client.fold(SERVICE_ENTRY, {}, { begin: () => 0, take }), /^TypeError: oops$/);
    });

    it("nothing twice when the pages expired after some were accumulated", async () => {
      const named = (name: string) => ({ ...ENTRY, metadata: { ...ENTRY.metadata, name } });
      const first = { status: 200, body: { items: [named("gone.b")], metadata: { continue: "more" } } };
      const all = { status: 200, body: { items: [named("bar.b")], metadata: {} } };
      server.answer(first, refusal(410, "Expired", "too old"), all);
      const taken: string[] = [];
      const names = await client.fold(
        SERVICE_ENTRY,
        {},
        {
          begin: () => new Set<string>(),
          take: (sum, { metadata: { name } }) => {
            taken.push(name);
            sum.add(name);
          },
        },
      );
      assert.deepEqual(taken, ["gone.b", "bar.b"]);
      assert.deepEqual([...names], ["bar.b"]);
    });

    it("without counting a proxy's 404 as an empty list", async () => {
      server.answer({ status: 404, body: "default backend" });
      const { failure: why } = await failure(client.list(SERVICE_ENTRY));
      assert.equal(server.requests.length, 3);
      assert.equal(why.unreachable, true);
    });

    it("without counting JSON that is no list as an empty list", async () => {
      server.answer({ status: 200, body: { login: "please" } });
      assert.match((await failure(client.list(SERVICE_ENTRY))).message, /the answer is no list/);
    });

    it("nothing of a kind whose CRD is not installed", async () => {
      server.answer(refusal(404, "NotFound", "the server could not find the requested resource"));
      assert.deepEqual(await client.list(SERVICE_ENTRY), []);
    });
  });

  describe("deletes", () => {
    it("an object that is gone already", async () => {
      server.answer(refusal(404, "NotFound", "not found"));
      assert.equal(await client.delete(SERVICE_ENTRY, ENTRY), true);
    });

    it("not an object that has changed since it was read", async () => {
      server.answer(refusal(409, "Conflict", "the ResourceVersion in the precondition (7) does not match"));
      assert.equal(await client.delete(SERVICE_ENTRY, ENTRY), false);
      assert.equal(server.requests.length, 1);
    });
  });

  it("keeps its connection open", async () => {
    server.answer(OK);
    await client.get(SERVICE_ENTRY, "ns", "bar.b");
    const before = server.connections;
    for (let request = 0; request < 20; request++) await client.get(SERVICE_ENTRY, "ns", "bar.b");
    // The second request may come a moment before the first one's connection counts as free.
    assert.ok(server.connections <= before + 1, `${server.connections - before} more connections`);
  });

  it("reports a refused connection quickly", async () => {
    const gone = await new FakeApiServer().start();
    const late = await gone.connect(1);
    gone.stop();
    assert.match((await failure(late.probe())).message, /ECONNREFUSED/);
  });
});
