import { formatImporter } from "../../../federation/contract/audience.ts";
import type { MapSource } from "../../../federation/map/federationMap.ts";
import { barService, contractOf } from "../samples.ts";

/** Number of peers from which a cluster of a large federation imports. */
const PEERS = 4;

const FINGERPRINT = "AB:".repeat(31) + "AB";

const nameOf = (index: number): string => `cluster-${String(index + 1).padStart(2, "0")}`;

const identityOf = (name: string) => ({ cluster: name, trustDomain: `${name}.local` });

/** Peers of a cluster: all in a small federation; in a large one the next few, and a hub that all import from. */
function peersOf(index: number, size: number): number[] {
  const others = [...Array(size).keys()].filter((other) => other !== index);
  if (size <= PEERS) return others;
  const next = Array.from({ length: PEERS - 1 }, (_, step) => (index + step * step + 1) % size);
  return [...new Set([0, ...next])].filter((other) => other !== index).sort((one, other) => one - other);
}

/** Outputs of a federation's stacks. Of a large one, one peer is pending, one refused, one behind, and one unconstrained. */
export function sampleFederation(size: number): MapSource[] {
  return Array.from({ length: size }, (_, index) => {
    const name = nameOf(index);
    const peers = peersOf(index, size);
    const count = 3 + ((index * 7) % 20);
    const services = Object.fromEntries(
      [...Array(count).keys()].map((each) => [`s${each}.shop.svc.${name}.local`, barService]),
    );
    const state = (peer: number): object => {
      if (index === 2 && peer === 3)
        return { state: "pending", reason: "its gateway has no address", since: "2026-11-20T08:00:00Z" };
      if (index === 5 && peer === 6)
        return { state: "refused", reason: "its root is another", since: "2026-11-21T08:00:00Z" };
      return { state: "ready", reason: "", since: "" };
    };
    return {
      name,
      outputs: {
        federation: contractOf({
          ...identityOf(name),
          clusterDomain: `${name}.local`,
          revision: 10 + index,
          network: name,
          gateways: [{ address: `203.0.113.${index + 1}`, port: 15443 }],
          services,
        }),
        peers: Object.fromEntries(
          peers.map((peer) => [nameOf(peer), { ...state(peer), imported: 2 + (peer % 3) }]),
        ),
        trustAnchors: Object.fromEntries(
          peers.map((peer) => [
            nameOf(peer),
            {
              ...identityOf(nameOf(peer)),
              clusterDomain: `${nameOf(peer)}.local`,
              rootCertificates: [],
              contract: { revision: 10 + peer - (index === 1 && peer === 2 ? 1 : 0), digest: "d" },
            },
          ]),
        ),
        trust: Object.fromEntries(
          peers.map((peer) => [
            nameOf(peer),
            {
              constrained: !(index === 7 && peer === 8),
              pinnedBy: peer % 2 === 0 ? "config" : "first sight",
            },
          ]),
        ),
        istio: { versions: ["1.31.1"] },
        certificates: {
          intermediate: {
            notBefore: "2026-01-01T00:00:00Z",
            notAfter: `2027-0${1 + (index % 9)}-01T00:00:00Z`,
            sha256: FINGERPRINT,
          },
        },
      },
    };
  });
}

/** Id of the cluster of this place. */
export const idOf = (index: number): string => formatImporter(identityOf(nameOf(index)));
