import type { V1Pod } from "@kubernetes/client-node";

/** Annotation of a Pod: the loopback address that it is to have. */
export const ADDRESS_ANNOTATION = "lab.istio-federation.dev/ip";

/** Pods that others find by a fixed address, since the lab has no cluster DNS and no kube-proxy: label, last two octets. */
const FIXED: readonly { label: string; value: string; host: string }[] = [
  { label: "app", value: "istiod", host: "0.2" },
  { label: "istio", value: "eastwestgateway", host: "0.3" },
];

/** Last octets for all other Pods, in `<network>.1.x`. */
const FIRST_FREE = 1;
const LAST_FREE = 254;

/**
 * The address a Pod is to have: what it had before, else what its annotation says, else the fixed one of its role,
 * else the next free one of `<network>.1.x`.
 *
 * @param network first two octets, e.g. `127.10`.
 * @param taken addresses of the other Pods on this machine.
 * @returns undefined while another Pod has the address, or none is free.
 */
export function chooseAddress(pod: V1Pod, network: string, taken: ReadonlySet<string>): string | undefined {
  const { labels = {}, annotations = {} } = pod.metadata ?? {};
  const role = FIXED.find(({ label, value }) => labels[label] === value);
  const wanted = pod.status?.podIP ?? annotations[ADDRESS_ANNOTATION] ?? (role && `${network}.${role.host}`);
  if (wanted) return taken.has(wanted) ? undefined : wanted;
  for (let octet = FIRST_FREE; octet <= LAST_FREE; octet++) {
    const address = `${network}.1.${octet}`;
    if (!taken.has(address)) return address;
  }
  return undefined;
}
