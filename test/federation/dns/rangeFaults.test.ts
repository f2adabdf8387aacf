import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { judgeRange } from "../../../federation/dns/rangeFaults.ts";

const RANGE = "10.96.0.0/16";
const rules = (clusterIPs: string[], gateways: { address: string; whose: string }[] = []) =>
  judgeRange(RANGE, { clusterIPs, gateways }).map(
    ({ path, value, rule }) => `${path} ${String(value)} ${rule}`,
  );

describe("A range in this very cluster", () => {
  it("is fine beside its addresses, and where these are not known", () => {
    assert.deepEqual(rules(["10.97.0.1"]), []);
    assert.deepEqual(rules(["fd00::1", "10.97.0.1"]), []);
    assert.deepEqual(rules([], [{ address: "gateway.example", whose: "a gateway" }]), []);
  });

  it("serves nobody where Services have IPv6 only, as istiod adds no address to it", () => {
    const [rule, ...others] = rules(["fd00::1"]);
    assert.deepEqual(others, []);
    assert.match(
      rule ?? "",
      /^dns\.addresses 10\.96\.0\.0\/16 would be all that sidecars know .* IPv6 addresses only/,
    );
    assert.match(
      judgeRange(RANGE, { clusterIPs: ["::1"], gateways: [] })[0]?.remedy ?? "",
      /^Leave dns out, and let/,
    );
  });

  it("must hold neither the API server nor a gateway", () => {
    assert.deepEqual(rules(["10.96.0.1"]), [
      "dns.addresses 10.96.0.0/16 holds 10.96.0.1, the address of the API server's Service",
    ]);
    assert.deepEqual(rules([], [{ address: "10.96.255.255", whose: "a gateway of peer b" }]), [
      "dns.addresses 10.96.0.0/16 holds 10.96.255.255, the address of a gateway of peer b",
    ]);
  });
});
