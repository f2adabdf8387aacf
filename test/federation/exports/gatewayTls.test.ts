import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { type GatewayTls, destinationRuleTls } from "../../../federation/exports/mutualTls.ts";
import { shuffled } from "../arbitraries.ts";
import { BAR_HOST } from "./exportsFixture.ts";

const rule = (changes: Partial<GatewayTls> = {}): GatewayTls => ({
  namespace: "xyz",
  name: "bar",
  created: "2026-11-21T10:00:00Z",
  host: BAR_HOST,
  exportTo: [],
  policy: { mode: "DISABLE", ports: {} },
  ...changes,
});
const mutual = { mode: "ISTIO_MUTUAL", ports: {} };

describe("The TLS of the gateway by DestinationRules", () => {
  const cases: [string, GatewayTls[], string?][] = [
    ["is mutual TLS where nobody says anything", []],
    ["is what a rule of the service's namespace says", [rule()], "DISABLE xyz/bar"],
    ["is any but Istio's mutual TLS", [rule({ policy: { mode: "SIMPLE", ports: {} } })], "SIMPLE xyz/bar"],
    ["is mutual TLS where a rule says so", [rule({ policy: mutual })]],
    ["is mutual TLS where a rule says nothing of it", [rule({ policy: { ports: {} } })]],
    ["is what a short name in its namespace says", [rule({ host: "bar" })], "DISABLE xyz/bar"],
    ["is not what a short name elsewhere says", [rule({ namespace: "istio-system", host: "bar" })]],
    [
      "is what the port's own setting says",
      [rule({ policy: { ...mutual, ports: { 8080: "DISABLE" } } })],
      "DISABLE xyz/bar",
    ],
    [
      "is not what another port's setting says",
      [rule({ policy: { ...mutual, ports: { 9090: "DISABLE" } } })],
    ],
    [
      "is mutual TLS where only the port says so",
      [rule({ policy: { mode: "DISABLE", ports: { 8080: "ISTIO_MUTUAL" } } })],
    ],
    ["is not what a rule for its own namespace says", [rule({ exportTo: ["."] })]],
    ["is not what a rule for others says", [rule({ exportTo: ["abc"] })]],
    [
      "is what a rule for the gateway's namespace says",
      [rule({ exportTo: ["abc", "istio-gateway"] })],
      "DISABLE xyz/bar",
    ],
    [
      "is not what a wildcard of its namespace says where the full name is told to others",
      [rule({ exportTo: ["abc"], policy: mutual }), rule({ name: "wide", host: "*.local" })],
    ],
    [
      "is what a wildcard of its namespace says where the full name is kept there",
      [rule({ exportTo: ["."], policy: mutual }), rule({ name: "wide", host: "*.local" })],
      "DISABLE xyz/wide",
    ],
    [
      "is what a wildcard says where the full name is told to its own namespace only, by its name",
      [rule({ exportTo: ["xyz"], policy: mutual }), rule({ name: "wide", host: "*.local" })],
      "DISABLE xyz/wide",
    ],
    [
      "is what Istio's namespace says where that of the service tells others only",
      [rule({ exportTo: ["abc"], policy: mutual }), rule({ namespace: "istio-system" })],
      "DISABLE istio-system/bar",
    ],
    [
      "is what one of two for a host says, where only that is for all",
      [rule({ exportTo: ["abc", "."], policy: mutual }), rule({ name: "c" })],
      "DISABLE xyz/c",
    ],
    [
      "is not what the gateway's namespace tells others only, which hides nothing there",
      [
        rule({ namespace: "istio-gateway", exportTo: ["abc"] }),
        rule({ namespace: "istio-gateway", host: "*.local", exportTo: ["istio-gateway"], policy: mutual }),
        rule(),
      ],
    ],
    [
      "is what the gateway's namespace keeps to itself",
      [rule({ namespace: "istio-gateway", exportTo: ["."] })],
      "DISABLE istio-gateway/bar",
    ],
    ["is not what any other namespace says", [rule({ namespace: "abc" })]],
    [
      "is what Istio's namespace says of all",
      [rule({ namespace: "istio-system", host: "*.local" })],
      "DISABLE istio-system/bar",
    ],
    ["is what '*' says", [rule({ host: "*" })], "DISABLE xyz/bar"],
    [
      "is what the longest host says",
      [rule({ host: "*.local" }), rule({ name: "near", host: "*.xyz.svc.cluster-b.local", policy: mutual })],
    ],
    [
      "is what the full name says before any '*'",
      [rule(), rule({ host: "*.svc.cluster-b.local", policy: mutual })],
      "DISABLE xyz/bar",
    ],
    [
      "is what the service's namespace says before Istio's",
      [rule({ namespace: "istio-system" }), rule({ policy: mutual })],
    ],
    [
      "is what the gateway's namespace says before all",
      [rule(), rule({ namespace: "istio-gateway", policy: mutual })],
    ],
    [
      "is what the oldest of two says",
      [rule({ created: "2026-11-21T10:00:01Z" }), rule({ name: "older", policy: mutual })],
    ],
    [
      "is what the second says where the first has no traffic policy",
      [rule({ name: "a", policy: undefined } as never), rule({ name: "b" })],
      "DISABLE xyz/b",
    ],
  ];
  for (const [what, rules, expected] of cases) {
    it(what, () => {
      fc.assert(
        fc.property(shuffled(rules), (shuffledRules) => {
          const found = destinationRuleTls(shuffledRules, "cluster-b.local")(
            { namespace: "xyz", host: BAR_HOST },
            8080,
          );
          assert.equal(found === undefined ? undefined : `${found.mode} ${found.by}`, expected);
        }),
        { numRuns: 5 },
      );
    });
  }
});
