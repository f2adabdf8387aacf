import type { StackConfig } from "../config/stackConfig.ts";
import type { Fault } from "../core/fault.ts";
import { type GatewayPlace, type ServicePorts, portTo } from "../core/gatewayPlace.ts";
import { ownerOf } from "../core/hostConflict.ts";
import { matches } from "../core/labels.ts";
import { sortedUnique } from "../core/order.ts";
import { firstNames } from "../core/text.ts";
import { GATEWAY_PORT } from "../core/wellKnown.ts";
import { isTerminating } from "../exports/exportRule.ts";
import { isTrue } from "./installedIstio.ts";

type Labels = Readonly<Record<string, string>>;

/** An east-west gateway that the mesh's owner runs, as it is in the cluster; nothing of it is validated. */
export interface OwnersGateway {
  /** Services of the gateway's namespace. */
  services: readonly OwnersService[];
  /** Running Pods of the gateway's namespace. */
  pods: readonly OwnersPod[];
  /** Istio's Gateway objects of all namespaces. */
  objects: readonly GatewayObject[];
}

/** A Service that may lead to the gateway. */
export interface OwnersService {
  name: string;
  type: string;
  selector: Labels;
  ports: ServicePorts;
  externalIPs: readonly string[];
  /** Whether istiod translates ports of Gateway objects by it. */
  isTranslating: boolean;
}

/** A Pod that may be one of the gateway's. */
export interface OwnersPod {
  name: string;
  labels: Labels;
  serviceAccount: string;
  /** Whether its proxy is a gateway's, not a sidecar. */
  isRouter: boolean;
  /** Variables of its proxy. */
  environment: Labels;
  /** Numbers of its containers' ports, by their names. */
  ports: Readonly<Record<string, number>>;
}

/** Istio's Gateway. */
export interface GatewayObject {
  namespace: string;
  name: string;
  labels: Labels;
  /** Undefined for all Pods. */
  selector: Labels | undefined;
  servers: readonly { port: number; hosts: readonly string[] }[];
}

/** Control planes' settings that decide which Gateway objects apply, and which workloads the gateway sees. */
export interface GatewayScope {
  /** Whether only Gateway objects in the namespace of a Pod apply to it. */
  isNamespaced: boolean;
  /** Networks of the cluster's Pods. */
  networks: readonly string[];
}

const PATH = "gateway.existing";

/** Variable by which a gateway routes to workloads of these networks only. */
const NETWORK_VIEW = "ISTIO_META_REQUESTED_NETWORK_VIEW";

/**
 * Validates the gateway: peers reach its Pods on port 15443, and nothing but this program's Gateway object decides there what they reach.
 * @returns the service account of its Pods.
 */
export function validateOwnersGateway(
  place: GatewayPlace,
  found: OwnersGateway,
  scope: GatewayScope,
  config: Pick<StackConfig, "exports" | "gateway">,
): { serviceAccount: string; faults: Fault[] } {
  const pods = found.pods.filter(({ labels }) => matches({ ...place.selector }, { ...labels }));
  const [first = "", ...others] = sortedUnique(pods.map(({ serviceAccount }) => serviceAccount));
  const faults = [
    ...podFaults(place, pods, scope),
    ...serviceFaults(place, found, pods, config),
    ...found.objects.flatMap((object) => objectFaults(place, object, { ...found, pods }, scope)),
  ];
  if (config.exports.some(isTerminating)) faults.push(...terminationFaults(place, pods, [first, ...others]));
  return { serviceAccount: first, faults };
}

function podFaults(place: GatewayPlace, pods: readonly OwnersPod[], { networks }: GatewayScope): Fault[] {
  if (pods.length === 0) {
    const rule = `selects no running Pod in namespace ${place.namespace}`;
    const remedy = "Write labels that its Pods have (`kubectl get pods --show-labels`)";
    return [{ path: `${PATH}.selector`, value: formatLabels(place.selector), rule, remedy }];
  }
  const sidecars = pods.filter(({ isRouter }) => !isRouter);
  const blind = pods.flatMap((pod) => {
    const view = pod.environment[NETWORK_VIEW] ?? "";
    const hidden = view === "" ? [] : networks.filter((network) => !view.split(",").includes(network));
    return hidden.length === 0 ? [] : [{ ...pod, view, hidden }];
  });
  const faults: Fault[] = [];
  if (sidecars.length > 0) {
    const rule = `selects Pods whose proxy is no gateway's (no 'proxy router'): ${firstNames(namesOf(sidecars))}`;
    const remedy = "Write labels that only Pods of the gateway have";
    faults.push({ path: `${PATH}.selector`, value: formatLabels(place.selector), rule, remedy });
  }
  if (blind.length > 0) {
    const hidden = sortedUnique(blind.flatMap((pod) => pod.hidden)).join(", ");
    const views = sortedUnique(blind.map(({ view }) => view)).join(", ");
    const rule = `of ${firstNames(namesOf(blind))} hides workloads of network ${hidden} from the gateway`;
    const remedy = `Have its owner set networkGateway: ${hidden}, or remove it, in the Helm values of chart gateway`;
    faults.push({ path: `${PATH}.selector`, value: `${NETWORK_VIEW}=${views}`, rule, remedy });
  }
  return faults;
}

function serviceFaults(
  place: GatewayPlace,
  { services, pods: all }: OwnersGateway,
  pods: readonly OwnersPod[],
  { gateway: { advertise } }: Pick<StackConfig, "gateway">,
): Fault[] {
  const path = `${PATH}.service`;
  const value = `${place.namespace}/${place.service}`;
  const fault = (rule: string, remedy: string): Fault => ({ path, value, rule, remedy });
  const service = services.find(({ name }) => name === place.service);
  if (service === undefined) {
    const candidates = services.filter((each) => selectsAny(each, pods)).map(({ name }) => name);
    const those = candidates.length === 0 ? "none" : sortedUnique(candidates).join(", ");
    return [fault("does not exist", `Name a Service in front of the Pods (there is ${those}), or create it`)];
  }
  const faults: Fault[] = [];
  const isReached = ["LoadBalancer", "NodePort"].includes(service.type) || service.externalIPs.length > 0;
  if (service.type === "ExternalName")
    faults.push(fault("has type ExternalName, which has no Pods", "Name another Service"));
  else if (!isReached && advertise === undefined)
    faults.push(
      fault(
        `has type ${service.type} and no externalIPs, so peers have no address to call`,
        "Have its owner make it LoadBalancer or NodePort, or name its addresses in gateway.advertise",
      ),
    );
  const selected = all.filter((pod) => selectsAny(service, [pod]));
  const strangers = selected.filter((pod) => !pods.includes(pod));
  if (pods.length > 0 && selected.length === 0)
    faults.push(
      fault(
        `selects none of the Pods of ${PATH}.selector`,
        "Name the Service in front of these Pods, or write its selector",
      ),
    );
  if (pods.length > 0 && selected.length > strangers.length && strangers.length > 0)
    faults.push(
      fault(
        `leads to Pods that ${PATH}.selector does not select: ${firstNames(namesOf(strangers))}`,
        "Write labels that all Pods behind the Service have",
      ),
    );
  const port = portTo(service.ports, GATEWAY_PORT);
  const isElsewhere = (each: OwnersPod): boolean =>
    port !== undefined && targetOf(port, each) !== GATEWAY_PORT;
  const isMissing = port === undefined || selected.some(isElsewhere);
  if (isMissing) {
    const those = service.ports.map((each) => `${each.port} to ${each.targetPort ?? each.port}`).join(", ");
    faults.push(
      fault(
        `has no TCP port that leads to port ${GATEWAY_PORT} of the Pods (${those === "" ? "it has none" : those})`,
        `Have its owner add {name: tls, port: ${GATEWAY_PORT}, targetPort: ${GATEWAY_PORT}}`,
      ),
    );
  }
  const translating = services.filter((each) => each !== service || !isMissing);
  return [...faults, ...translationFaults(place, translating, pods)];
}

/** Finds Services by which istiod has the Gateway object listen on another port of the Pods. */
function translationFaults(
  { namespace }: GatewayPlace,
  services: readonly OwnersService[],
  pods: readonly OwnersPod[],
): Fault[] {
  return services.flatMap((service): Fault[] => {
    const targets = listeningPorts(GATEWAY_PORT, [service], pods).filter((port) => port !== GATEWAY_PORT);
    if (targets.length === 0) return [];
    const rule = `maps port ${GATEWAY_PORT} to ${targets.join(", ")} of the gateway's Pods, where istiod would listen instead`;
    const remedy = `Have its owner map the port to ${GATEWAY_PORT}, or remove it`;
    return [{ path: `Service ${namespace}/${service.name}`, rule, remedy }];
  });
}

/** Finds a Gateway object of somebody else that decides too what peers reach through the port. */
function objectFaults(
  place: GatewayPlace,
  object: GatewayObject,
  { services, pods }: OwnersGateway,
  { isNamespaced }: GatewayScope,
): Fault[] {
  const { namespace, name, selector, servers, labels } = object;
  const isOurs = namespace === place.namespace && name === place.object;
  if (isOurs || (isNamespaced && namespace !== place.namespace)) return [];
  const selected = pods.filter((pod) => selector === undefined || contains(pod.labels, selector));
  if (selected.length === 0) return [];
  const listening = servers.filter(({ port }) =>
    listeningPorts(port, services, selected).includes(GATEWAY_PORT),
  );
  if (listening.length === 0) return [];
  const hosts = firstNames(sortedUnique(listening.flatMap((server) => server.hosts)));
  const rule = `listens on port ${GATEWAY_PORT} of the gateway's Pods too, ${ownerOf({ labels: { ...labels } })}, so peers reach ${hosts} whatever is exported`;
  const remedy = `Have its owner remove the server, or name a gateway of its own in ${PATH}`;
  return [{ path: `Gateway ${namespace}/${name}`, rule, remedy }];
}

/** Finds why the gateway could not terminate TLS: its proxies verify peers, and workloads see its identity. */
function terminationFaults(
  { namespace }: GatewayPlace,
  pods: readonly OwnersPod[],
  serviceAccounts: readonly string[],
): Fault[] {
  const faults: Fault[] = [];
  const path = `${PATH}.selector`;
  const lacking = pods.filter(({ environment }) => !isTrue(environment["PROXY_CONFIG_XDS_AGENT"]));
  if (lacking.length > 0) {
    const rule = `selects Pods without PROXY_CONFIG_XDS_AGENT, which take no trust anchors of peers and so cannot terminate TLS: ${firstNames(namesOf(lacking))}`;
    const remedy =
      'Have their owner set env.PROXY_CONFIG_XDS_AGENT: "true" in the Helm values of chart gateway, or export with gateway: passthrough';
    faults.push({ path, rule, remedy });
  }
  if (serviceAccounts.length > 1) {
    const rule = `selects Pods of several service accounts (${serviceAccounts.map((name) => `${namespace}/${name}`).join(", ")}), and a TLS-terminating gateway has one identity`;
    faults.push({
      path,
      rule,
      remedy: "Have their owner give them one, or export with gateway: passthrough",
    });
  }
  return faults;
}

/** Returns the ports of Pods on which a server of a Gateway object listens (`resolvePorts` in pilot/pkg/model/gateway.go). */
function listeningPorts(
  port: number,
  services: readonly OwnersService[],
  pods: readonly OwnersPod[],
): (number | string)[] {
  const targets = pods.flatMap((pod) =>
    services
      .filter((service) => service.isTranslating && selectsAny(service, [pod]))
      .flatMap(({ ports }) => ports.filter((each) => each.port === port && isTcp(each)))
      .map((each) => targetOf(each, pod)),
  );
  return targets.length === 0 ? [port] : [...new Set(targets)].sort();
}

function isTcp({ protocol }: ServicePorts[number]): boolean {
  return protocol === undefined || protocol === "TCP";
}

/** Returns the Pod's port; its name where the Pod has none of that name. */
function targetOf({ port, targetPort = port }: ServicePorts[number], { ports }: OwnersPod): number | string {
  return typeof targetPort === "number" ? targetPort : (ports[targetPort] ?? targetPort);
}

function selectsAny({ selector }: OwnersService, pods: readonly OwnersPod[]): boolean {
  return pods.some(({ labels }) => matches({ ...selector }, { ...labels }));
}

/** Whether labels have all of a Gateway object's selector; an empty one selects everything. */
function contains(labels: Labels, selector: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function namesOf(pods: readonly OwnersPod[]): string[] {
  return pods.map(({ name }) => name).sort();
}

function formatLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
