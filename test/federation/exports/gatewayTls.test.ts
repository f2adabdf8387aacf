import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import {
  type FoundDestinationRule,
  indexDestinationRules,
} from "../../../federation/exports/destinationRules.ts";
import { gatewayTlsModes } from "../../../federation/exports/mutualTls.ts";
import { shuffled } from "../arbitraries.ts";
import { BAR_HOST } from "./exportsFixture.ts";
import { type RuleParts, foundRule, tlsPolicy } from "./foundRules.ts";

const rule = ({ host = BAR_HOST, ...changes }: Partial<RuleParts> = {}): FoundDestinationRule =>
  foundRule({ host, exportTo: [], trafficPolicy: tlsPolicy("DISABLE"), ...changes });
const MESH = { domain: "cluster-b.local", rootNamespace: "istio-system", destinationRuleExportTo: ["*"] };
const mutual = tlsPolicy("ISTIO_MUTUAL");

describe("The TLS of the gateway by DestinationRules", () => {
  const cases: [string, FoundDestinationRule[], string?][] = [
    ["is mutual TLS without a rule", []],
    ["is set by a rule in the service's namespace", [rule()], "DISABLE xyz/bar"],
    ["is any mode except ISTIO_MUTUAL", [rule({ trafficPolicy: tlsPolicy("SIMPLE") })], "SIMPLE xyz/bar"],
    ["is mutual TLS where a rule sets it", [rule({ trafficPolicy: mutual })], "ISTIO_MUTUAL xyz/bar"],
    ["is mutual TLS where a rule does not set it", [rule({ trafficPolicy: tlsPolicy(undefined) })]],
    ["is set by a short host in its namespace", [rule({ host: "bar" })], "DISABLE xyz/bar"],
    ["is not set by a short host in another namespace", [rule({ namespace: "istio-system", host: "bar" })]],
    [
      "is set by the port's own settings",
      [rule({ trafficPolicy: tlsPolicy("ISTIO_MUTUAL", { 8080: "DISABLE" }) })],
      "DISABLE xyz/bar",
    ],
    [
      "is not set by another port's settings",
      [rule({ trafficPolicy: tlsPolicy("ISTIO_MUTUAL", { 9090: "DISABLE" }) })],
      "ISTIO_MUTUAL xyz/bar",
    ],
    [
      "is mutual TLS where only the port's settings set it",
      [rule({ trafficPolicy: tlsPolicy("DISABLE", { 8080: "ISTIO_MUTUAL" }) })],
      "ISTIO_MUTUAL xyz/bar",
    ],
    ["is not set by a rule exported to its own namespace only", [rule({ exportTo: ["."] })]],
    ["is not set by a rule exported to other namespaces", [rule({ exportTo: ["abc"] })]],
    [
      "is set by a rule exported to the gateway's namespace",
      [rule({ exportTo: ["abc", "istio-gateway"] })],
      "DISABLE xyz/bar",
    ],
    [
      "is not set by a wildcard in its namespace where a rule for the full name is exported to others",
      [rule({ exportTo: ["abc"], trafficPolicy: mutual }), rule({ name: "wide", host: "*.local" })],
    ],
    [
      "is set by a wildcard in its namespace where a rule for the full name is not exported",
      [rule({ exportTo: ["."], trafficPolicy: mutual }), rule({ name: "wide", host: "*.local" })],
      "DISABLE xyz/wide",
    ],
    [
      "is set by a wildcard where a rule for the full name is exported to its own namespace by name",
      [rule({ exportTo: ["xyz"], trafficPolicy: mutual }), rule({ name: "wide", host: "*.local" })],
      "DISABLE xyz/wide",
    ],
    [
      "is set in Istio's namespace where the service's namespace has rules for others only",
      [rule({ exportTo: ["abc"], trafficPolicy: mutual }), rule({ namespace: "istio-system" })],
      "DISABLE istio-system/bar",
    ],
    [
      "is set by the one of two rules for a host that is exported to all",
      [rule({ exportTo: ["abc", "."], trafficPolicy: mutual }), rule({ name: "c" })],
      "DISABLE xyz/c",
    ],
    [
      "is not set by a rule in the gateway's namespace for others, which hides no other rule",
      [
        rule({ namespace: "istio-gateway", exportTo: ["abc"] }),
        rule({
          namespace: "istio-gateway",
          host: "*.local",
          exportTo: ["istio-gateway"],
          trafficPolicy: mutual,
        }),
        rule(),
      ],
      "ISTIO_MUTUAL istio-gateway/bar",
    ],
    [
      "is what the gateway's namespace keeps to itself",
      [rule({ namespace: "istio-gateway", exportTo: ["."] })],
      "DISABLE istio-gateway/bar",
    ],
    ["is not set in any other namespace", [rule({ namespace: "abc" })]],
    [
      "is set in Istio's namespace for all hosts",
      [rule({ namespace: "istio-system", host: "*.local" })],
      "DISABLE istio-system/bar",
    ],
    ["is set by '*'", [rule({ host: "*" })], "DISABLE xyz/bar"],
    [
      "is set by the longest matching host",
      [
        rule({ host: "*.local" }),
        rule({ name: "near", host: "*.xyz.svc.cluster-b.local", trafficPolicy: mutual }),
      ],
      "ISTIO_MUTUAL xyz/near",
    ],
    [
      "is set by the full name before any '*'",
      [rule(), rule({ host: "*.svc.cluster-b.local", trafficPolicy: mutual })],
      "DISABLE xyz/bar",
    ],
    [
      "is set in the service's namespace before Istio's",
      [rule({ namespace: "istio-system" }), rule({ trafficPolicy: mutual })],
      "ISTIO_MUTUAL xyz/bar",
    ],
    [
      "is set in the gateway's namespace before all others",
      [rule(), rule({ namespace: "istio-gateway", trafficPolicy: mutual })],
      "ISTIO_MUTUAL istio-gateway/bar",
    ],
    [
      "is set by the oldest of two",
      [rule({ created: "2026-11-21T10:00:01Z" }), rule({ name: "older", trafficPolicy: mutual })],
      "ISTIO_MUTUAL xyz/older",
    ],
    [
      "is set by the second where the first has no traffic policy",
      [rule({ name: "a", trafficPolicy: undefined }), rule({ name: "b" })],
      "DISABLE xyz/b",
    ],
  ];
  for (const [what, rules, expected] of cases) {
    it(what, () => {
      fc.assert(
        fc.property(shuffled(rules), (shuffledRules) => {
          const found = gatewayTlsModes(indexDestinationRules(shuffledRules, MESH).find, "istio-gateway")(
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
