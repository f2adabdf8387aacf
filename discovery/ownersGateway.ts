import type { GatewayPlace } from "../federation/core/gatewayPlace.ts";
import type {
  GatewayObject,
  OwnersGateway,
  OwnersPod,
  OwnersService,
} from "../federation/existing/ownersGateway.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { GATEWAY, type KubernetesObject, POD, SERVICE } from "../kubernetes/kinds.ts";
import { type ProxiedPod, isRunningPod, proxyOf } from "./proxies.ts";

/** Label of a Service by which istiod translates no ports of Gateway objects (`DisableGatewayPortTranslationLabel`). */
const NO_TRANSLATION = "experimental.istio.io/disable-gateway-port-translation";

/** Reads a gateway that the mesh's owner runs: what is in front of its Pods, and which Gateway objects there are. */
export async function readOwnersGateway(
  client: ClusterClient,
  { namespace }: GatewayPlace,
): Promise<OwnersGateway> {
  const [services, pods, objects] = await Promise.all([
    client.list<ServiceObject>(SERVICE, { namespace }),
    client.fold<ProxiedPod, OwnersPod[]>(
      POD,
      { namespace },
      {
        begin: () => [],
        take: (found, pod) => {
          if (isRunningPod(pod)) found.push(viewPod(pod));
        },
      },
    ),
    client.list<GatewayConfig>(GATEWAY),
  ]);
  return { services: services.map(viewService), pods, objects: objects.map(viewGateway) };
}

/** Fields read of a Service. */
type ServiceObject = KubernetesObject & {
  spec?: {
    type?: string;
    selector?: Record<string, string>;
    ports?: { port: number; targetPort?: number | string; protocol?: string }[];
    externalIPs?: string[];
  };
};

function viewService({ metadata: { name, labels = {} }, spec = {} }: ServiceObject): OwnersService {
  const { type = "ClusterIP", selector = {}, ports = [], externalIPs = [] } = spec;
  const isTranslating = !Object.hasOwn(labels, NO_TRANSLATION);
  return { name, type, selector, ports, externalIPs, isTranslating };
}

function viewPod(pod: ProxiedPod): OwnersPod {
  const { metadata, spec } = pod;
  const proxy = proxyOf(pod);
  const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return {
    name: metadata.name,
    labels: metadata.labels ?? {},
    serviceAccount: spec?.serviceAccountName ?? "default",
    isRouter: proxy.arguments.includes("router"),
    environment: proxy.environment,
    ports: Object.fromEntries(
      ports.flatMap(({ name, containerPort }) =>
        name === undefined ? [] : [[name, containerPort] as const],
      ),
    ),
  };
}

/** Fields read of Istio's Gateway. */
type GatewayConfig = KubernetesObject & {
  spec?: { selector?: Record<string, string>; servers?: { port?: { number?: number }; hosts?: string[] }[] };
};

function viewGateway({ metadata, spec }: GatewayConfig): GatewayObject {
  const { namespace = "", name, labels = {} } = metadata;
  const servers = (spec?.servers ?? []).flatMap(({ port, hosts = [] }) =>
    port?.number === undefined ? [] : [{ port: port.number, hosts }],
  );
  return { namespace, name, labels, selector: spec?.selector, servers };
}
