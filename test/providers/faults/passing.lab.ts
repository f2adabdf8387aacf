import assert from "node:assert/strict";
import type { Fault, Rule } from "../support/faultProxy.ts";
import type { FaultSite } from "../support/faultSite.ts";
import { FaultsFixture } from "../support/faultsFixture.ts";
import { sharedCluster } from "../support/sharedCluster.ts";

const SERVICES = 50;
const FAULTY = 20;

/** The fault for some writes in the middle. */
function someWrites(fault: Fault): Rule {
  return (method, index) => (method !== "GET" && index >= 15 && index < 15 + FAULTY ? fault : undefined);
}

/** {@link someWrites}, and for the first read. */
function readToo(fault: Fault): Rule {
  const rule = someWrites(fault);
  return (method, index, path) => (method === "GET" && index === 0 ? fault : rule(method, index, path));
}

const status = (code: number, reason: string, message: string, headers: Record<string, string> = {}) => ({
  status: code,
  headers,
  body: { kind: "Status", status: "Failure", reason, message, code },
});

const FAULTS: [string, Rule][] = [
  ["a connection reset before the API server sees the request", readToo("reset")],
  ["a connection reset after the API server handled the request", readToo("resetAfter")],
  ["an answer truncated halfway", readToo("truncate")],
  ["an answer that ends early without an error", readToo("cut")],
  ["answers delayed by a second", readToo({ delay: 1000 })],
  [
    "409: another write to the same object",
    someWrites(status(409, "Conflict", "the object has been modified")),
  ],
  [
    "429 with Retry-After: the API server is too busy",
    readToo(
      status(429, "TooManyRequests", "Too many requests, please try again later.", { "retry-after": "1" }),
    ),
  ],
  [
    "500: an internal error of the API server",
    readToo(status(500, "InternalError", "etcdserver: leader changed")),
  ],
  [
    "503 from a load balancer without an API server",
    readToo({ status: 503, body: "<html>no backend</html>" }),
  ],
  [
    "404 from a proxy in front of the API server, which is not taken for an empty cluster",
    readToo({ status: 404, body: "404 page not found" }),
  ],
];

describe("Many writes survive a temporary fault:", () => {
  let fixture: FaultsFixture;
  let site: FaultSite;

  before(async () => {
    fixture = await FaultsFixture.start(await sharedCluster());
    site = await fixture.site("passing");
  });

  after(() => fixture.stop());

  beforeEach(() => site.clear());

  for (const [what, rule] of FAULTS) {
    it(what, async () => {
      const faulty = async <T>(work: () => Promise<T>): Promise<T> => {
        site.proxy.inject(rule);
        const result = await work();
        assert.ok(site.proxy.faults >= FAULTY, `${site.proxy.faults} faults`);
        return result;
      };
      const declared = site.inputs(SERVICES);
      const created = await faulty(() => site.create(declared));
      assert.equal(created.imported, SERVICES);
      await site.assertThere(declared);

      const changed = site.changed(SERVICES);
      const updated = await faulty(() => site.update(created, changed));
      assert.equal(updated.imported, SERVICES);
      await site.assertThere(changed);

      await faulty(() => site.delete(updated));
      await site.assertThere(site.inputs(0));
    });
  }
});
