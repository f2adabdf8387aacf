import { PatchStrategy, setHeaderOptions, type V1Pod, type V1Service } from "@kubernetes/client-node";
import { messageOf } from "../../federation/core/text.ts";
import type { Log } from "../progress.ts";
import { watchKind, type Cluster, type Watched } from "./cluster.ts";

/** Annotation of a Pod with its loopback address. */
export const ADDRESS_ANNOTATION = "lab.istio-federation.dev/ip";

/**
 * Pods that others find by a fixed address, since the lab has no cluster DNS and no kube-proxy: label, last two octets. A second gateway listens
 * on the first one's address, too, by its Gateway object; its own is for Envoy's other listeners.
 */
const FIXED: readonly { label: string; value: string; hosts: readonly string[] }[] = [
  { label: "app", value: "istiod", hosts: ["0.2"] },
  { label: "istio", value: "eastwestgateway", hosts: ["0.3", "0.5"] },
];

/** Last octets for all other Pods, in `<network>.1.x`. */
const FIRST_FREE = 1;
const LAST_FREE = 254;

/**
 * Chooses a Pod's address: the one that it had, else that of its annotation, else a fixed one of its role, else the next free one of
 * `<network>.1.x`.
 *
 * @param network first two octets, e.g. `127.10`.
 * @param taken addresses of the other Pods on this machine.
 * @returns undefined while another Pod has the address, or none is free.
 */
export function chooseAddress(pod: V1Pod, network: string, taken: ReadonlySet<string>): string | undefined {
  const { labels = {}, annotations = {} } = pod.metadata ?? {};
  const role = FIXED.find(({ label, value }) => labels[label] === value);
  const own = pod.status?.podIP ?? annotations[ADDRESS_ANNOTATION];
  const wanted = own === undefined ? role?.hosts.map((host) => `${network}.${host}`) : [own];
  if (wanted) return wanted.find((address) => !taken.has(address));
  for (let octet = FIRST_FREE; octet <= LAST_FREE; octet++) {
    const address = `${network}.1.${octet}`;
    if (!taken.has(address)) return address;
  }
  return undefined;
}

/**
 * Addresses of a Service of type LoadBalancer in the lab: those of its ready Pods, since there is no load balancer. They serve the Pods'
 * ports, so a Service whose `port` differs from its `targetPort` does not work.
 *
 * @returns sorted; undefined for other Services.
 */
export function balancerAddresses(service: V1Service, pods: readonly V1Pod[]): string[] | undefined {
  const { type, selector } = service.spec ?? {};
  if (type !== "LoadBalancer" || !selector) return undefined;
  const addresses = pods
    .filter(({ metadata, status }) => {
      const ready = status?.conditions?.some(
        (condition) => condition.type === "Ready" && condition.status === "True",
      );
      const selected = Object.entries(selector).every(([key, value]) => metadata?.labels?.[key] === value);
      return ready === true && selected && metadata?.namespace === service.metadata?.namespace;
    })
    .map(({ status }) => status?.podIP ?? "");
  return addresses.sort();
}

/**
 * A cloud's controller: writes the addresses of each Service of type LoadBalancer into its status. A Service without Pods keeps its
 * addresses, as in a cloud.
 */
export class LoadBalancers {
  readonly #cluster: Cluster;
  readonly #pods: () => readonly V1Pod[];
  readonly #log: Log;
  readonly #services = new Map<string, V1Service>();
  #watch: Watched<V1Service> | undefined;

  /** @param pods the Pods on this machine, with their present status. */
  constructor(cluster: Cluster, pods: () => readonly V1Pod[], log: Log) {
    this.#cluster = cluster;
    this.#pods = pods;
    this.#log = log;
  }

  async start(): Promise<void> {
    const { config, core } = this.#cluster;
    const list = () => core.listServiceForAllNamespaces();
    this.#watch = await watchKind<V1Service>(config, "/api/v1/services", list, (service, gone) => {
      const uid = service.metadata?.uid ?? "";
      if (gone) this.#services.delete(uid);
      else this.#services.set(uid, service);
      this.update();
    });
  }

  async stop(): Promise<void> {
    await this.#watch?.stop();
  }

  /** Brings the addresses up to date, after a change of Pods. */
  update(): void {
    for (const service of this.#services.values()) void this.#publish(service);
  }

  async #publish(service: V1Service): Promise<void> {
    const addresses = balancerAddresses(service, this.#pods()) ?? [];
    const published = service.status?.loadBalancer?.ingress?.map(({ ip }) => ip ?? "") ?? [];
    if (addresses.length === 0 || addresses.join() === published.join()) return;
    const { name = "", namespace = "" } = service.metadata ?? {};
    const body = { status: { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } } };
    const options = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
    try {
      await this.#cluster.core.patchNamespacedServiceStatus({ name, namespace, body }, options);
      this.#log(`Service ${namespace}/${name} has the addresses ${addresses.join(", ")}`);
    } catch (error) {
      this.#log(`Service ${namespace}/${name}: ${messageOf(error)}`);
    }
  }
}
