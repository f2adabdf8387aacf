import { isIP } from "node:net";
import type { GatewayAddress } from "../address.ts";
import { boundedLines } from "../boundedLines.ts";
import { count } from "../change.ts";
import type { StackConfig } from "../config.ts";
import { describeFault } from "../fault.ts";
import type { PeerView } from "./peer.ts";
import type { PeerStatus } from "./peerStatus.ts";

/** So many services may be visible everywhere without a word: a sidecar needs some 100 KB for each. */
const UNREMARKABLE = 100;

/** What the user is to be told of a peer: why it is pending, what of it is left out, who pays for it. */
export function warningsOf(
  name: string,
  view: PeerView,
  { peers }: StackConfig,
  last: PeerStatus | undefined,
): string[] {
  if (view.state === "pending") {
    const since = last?.since === view.since ? ` since ${view.since}` : "";
    const imported = last?.imported ?? 0;
    const kept =
      imported === 0 ? "" : `. What was imported from it before stays (${count(imported)} service(s))`;
    return [`Peer ${name} is pending${since}: ${view.reason}${kept}`];
  }
  const { services, refused } = view.imports;
  const seenByAll = Object.values(services).filter(({ exportTo }) => exportTo === undefined).length;
  const everywhere =
    peers[name]?.exportTo === undefined && seenByAll > UNREMARKABLE
      ? [
          `The ${count(seenByAll)} services of peer ${name} are visible in all namespaces, and every sidecar pays some 100 KB ` +
            `of memory for each: name the namespaces that call them in peers.${name}.exportTo (['*'] if all do)`,
        ]
      : [];
  const leftOut = boundedLines(
    refused,
    (fault) => `Left out: ${describeFault(fault)}`,
    (more) => `Left out of what peer ${name} offers: ${count(more)} more, for reasons like these`,
  );
  return [...everywhere, ...leftOut, ...warnOfFamilies(name, view.imports.gateways)];
}

/** Envoy resolves all gateways of a service as soon as one is a name, and then leaves those of the other family than the Pod's out. */
function warnOfFamilies(peer: string, gateways: readonly GatewayAddress[]): string[] {
  const name = gateways.find(({ address }) => isIP(address) === 0);
  const sixth = gateways.find(({ address }) => isIP(address) === 6);
  if (name === undefined || sixth === undefined) return [];
  return [
    `Gateway ${sixth.address} of peer ${peer} is not called by Pods that have an IPv4 address, as its gateway ${name.address} is a host ` +
      "name: have the peer publish names only, or IP addresses only",
  ];
}
