import { type Fault, pathOf } from "../fault.ts";
import { topologyOf } from "../topology.ts";
import { asRecord } from "./stackNames.ts";

/** Whether istiod's proxies tell each other of themselves in TCP connections; and whether it leaves that out of what it has them offer. */
const EXCHANGE = "PILOT_ENABLE_METADATA_EXCHANGE";
const NOT_OFFERED = "PILOT_DISABLE_MX_ALPN";

/**
 * What is wrong with what export rules have the gateway do: only in a federation it can open calls, and only while istiod has its listeners
 * offer nothing that they cannot do.
 * @param exports the config's `exports`, unchecked; `topology` and `istio` likewise.
 */
export function judgeExportGateways(exports: unknown, topology: unknown, istio: unknown): Fault[] {
  const rules: unknown[] = Array.isArray(exports) ? exports : [];
  const opening = [...rules.keys()].filter((index) => asRecord(rules[index])["gateway"] === "terminating");
  const known = topologyOf(topology);
  if (known === undefined || known === "federation") return opening.length === 0 ? [] : judgeExchange(istio);
  return opening.map((index) => {
    const path = pathOf("exports", index, "gateway");
    const reason = `is not to be had in topology '${known}', whose gateways pass calls on`;
    return { path, value: "terminating", rule: reason, remedy: "Remove it, or write topology: federation" };
  });
}

/** A TCP listener of a gateway offers the exchange whether or not it does it (`BuildListenerTLSContext`): a peer's sidecar then waits for it. */
function judgeExchange(istio: unknown): Fault[] {
  const { env } = asRecord(asRecord(asRecord(istio)["values"])["istiod"]);
  const { [EXCHANGE]: exchange, [NOT_OFFERED]: notOffered } = asRecord(env);
  if (exchange === undefined || isOn(exchange) || isOn(notOffered)) return [];
  return [
    {
      path: pathOf("istio", "values", "istiod", "env", NOT_OFFERED),
      rule: `must be "true" where ${EXCHANGE} is off and an export rule has gateway: terminating: peers' TCP calls would wait for what the gateway offers and does not do`,
      remedy: `Set it beside ${EXCHANGE}, or leave that on`,
    },
  ];
}

/** As Go reads it. */
function isOn(value: unknown): boolean {
  return ["1", "t", "T", "TRUE", "true", "True"].includes(String(value));
}
