import assert from "node:assert/strict";
import type { Fault, Rule } from "../support/faultProxy.ts";
import type { FaultSite } from "../support/faultSite.ts";
import { FaultsFixture } from "../support/faultsFixture.ts";

const SERVICES = 100;
const FAULTY = 20;

/** The fault, for some of the writes in the middle. */
function someWrites(fault: Fault): Rule {
  return (method, index) => (method !== "GET" && index >= 50 && index < 50 + FAULTY ? fault : undefined);
}

/** The same, and for the first read. */
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
  ["a connection that is reset before the API server sees the request", readToo("reset")],
  ["a connection that is reset when the API server has done it", readToo("resetAfter")],
  ["an answer of which the connection delivers only the first half", readToo("truncate")],
  ["an answer that ends in the middle as if it were whole", readToo("cut")],
  ["answers that take a second", readToo({ delay: 1000 })],
  [
    "409: somebody writes to the same object",
    someWrites(status(409, "Conflict", "the object has been modified")),
  ],
  [
    "429 with Retry-After: the API server is too busy",
    readToo(
      status(429, "TooManyRequests", "Too many requests, please try again later.", { "retry-after": "1" }),
    ),
  ],
  [
    "500: the API server has an error of its own",
    readToo(status(500, "InternalError", "etcdserver: leader changed")),
  ],
  [
    "503 from a load balancer that has no API server",
    readToo({ status: 503, body: "<html>no backend</html>" }),
  ],
  [
    "404 from something in front of the API server: nobody takes it for an empty cluster",
    readToo({ status: 404, body: "404 page not found" }),
  ],
];

describe("Faults that pass, in the middle of many writes", () => {
  let fixture: FaultsFixture;
  let site: FaultSite;

  before(async () => {
    fixture = await FaultsFixture.start("passing");
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
