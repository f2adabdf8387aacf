import { matches } from "../core/labels.ts";
import { sortedUnique } from "../core/order.ts";
import type { Workload } from "../exports/clusterServices.ts";
import { clientTlsSettings } from "./clientTls.ts";
import { MESH, destinationsOf, fullGatewayName } from "./destinations.ts";
import type { Hosts } from "./hosts.ts";
import { type TrafficObject, fullName } from "./trafficObject.ts";
import { ofKind } from "./trafficRule.ts";

/** A Secret that an object names: istiod reads it in the namespaces of the proxies that use it. */
export interface Credential {
  object: TrafficObject;
  /** Path of the name in the object. */
  path: string;
  name: string;
  /** Namespaces of the Pods that use it, sorted; the object's own where there is none. */
  namespaces: readonly string[];
  /** Whether the proxy shows its certificate. */
  isShown: boolean;
  /** Secrets that may have the authority by which the proxy verifies the other side, in istiod's order; empty where it verifies nobody. */
  authorities: readonly string[];
  /** Hosts for which the certificate has to be; empty of a client's. */
  hosts: readonly string[];
  /** Whether the proxies are gateways; sidecars take Secrets only of a DestinationRule that selects them. */
  isOfGateway: boolean;
}

/** The parts of a cluster by which Secrets are found. */
export interface CredentialContext {
  objects: readonly TrafficObject[];
  /** Objects of others. */
  foreign: readonly TrafficObject[];
  workloads: readonly Workload[];
  hosts: Pick<Hosts, "resolve">;
}

/** Modes in which a server takes its certificate from a Secret. */
const READING = ["SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"];

/** Suffix of a Secret that has the authority of another one alone. */
const AUTHORITY_SUFFIX = "-cacert";

/** Returns the names of the Secrets that may have the authority of a credential: the second is read only where the first is not there. */
function authorityNames(name: string): string[] {
  return [`${name}${AUTHORITY_SUFFIX}`, name];
}

/** Lists the Secrets that Gateways and DestinationRules name. */
export function credentialsOf(context: CredentialContext): Credential[] {
  return [...serverCredentials(context), ...clientCredentials(context)];
}

function serverCredentials({ objects, workloads }: CredentialContext): Credential[] {
  return ofKind(objects, "Gateway").flatMap(({ object, spec: { selector = {}, servers = [] } }) =>
    servers.flatMap(({ tls, hosts = [] }, index) => {
      const path = `spec.servers[${index}].tls`;
      // Others pass TLS through, or show the certificate of the mesh.
      if (!READING.includes(tls?.mode ?? "")) return [];
      const named = [
        ...(tls?.credentialName === undefined
          ? []
          : [{ path: `${path}.credentialName`, name: tls.credentialName }]),
        ...(tls?.credentialNames ?? []).map((name, at) => ({ path: `${path}.credentialNames[${at}]`, name })),
      ];
      const verifies = tls?.mode === "MUTUAL" || tls?.mode === "OPTIONAL_MUTUAL";
      return named.filter(isSecret).map((each, at): Credential => ({
        ...{ ...each, object, isShown: true, isOfGateway: true },
        // Of several, istiod asks for the authority of the first; one that is named may be a ConfigMap.
        authorities:
          verifies && at === 0 && tls.caCertCredentialName === undefined ? authorityNames(each.name) : [],
        namespaces: namespacesOf(object, selector, workloads),
        hosts: sortedUnique(hosts.map((host) => host.replace(/^[^/]*\//, ""))).filter((host) => host !== "*"),
      }));
    }),
  );
}

function clientCredentials(context: CredentialContext): Credential[] {
  const { objects, hosts } = context;
  return ofKind(objects, "DestinationRule").flatMap(({ object, spec }) => {
    const host = hosts.resolve(spec.host ?? "", object.namespace);
    const selector = spec.workloadSelector?.matchLabels;
    const gateways = selector === undefined ? gatewaysTo(host, context) : [];
    return clientTlsSettings(spec).flatMap(({ path, tls }): Credential[] => {
      const named = { path: `${path}.credentialName`, name: tls.credentialName ?? "" };
      if (named.name === "" || !isSecret(named) || (tls.mode !== "SIMPLE" && tls.mode !== "MUTUAL"))
        return [];
      return [
        {
          ...{ ...named, object, hosts: [], isShown: tls.mode === "MUTUAL" },
          authorities: tls.insecureSkipVerify === true ? [] : authorityNames(named.name),
          namespaces: gateways.length > 0 ? gateways : [object.namespace],
          isOfGateway: gateways.length > 0,
        },
      ];
    });
  });
}

/** Namespaces of the gateways that VirtualServices send requests to a host from. */
function gatewaysTo(host: string, { objects, foreign, workloads, hosts }: CredentialContext): string[] {
  const gateways = ofKind([...objects, ...foreign], "Gateway");
  const named = ofKind(objects, "VirtualService").flatMap(({ object, spec }) =>
    destinationsOf(spec).some(
      ({ destination }) => hosts.resolve(destination.host ?? "", object.namespace) === host,
    )
      ? matchedGateways(spec).map((gateway) => fullGatewayName(gateway, object.namespace))
      : [],
  );
  return sortedUnique(
    gateways
      .filter(({ object }) => named.includes(fullName(object)))
      .flatMap(({ object, spec: { selector = {} } }) => namespacesOf(object, selector, workloads)),
  );
}

/** Gateways of a VirtualService, those of its matches too. */
function matchedGateways({
  gateways = [],
  http = [],
  tls = [],
  tcp = [],
}: {
  gateways?: string[];
  http?: { match?: { gateways?: string[] }[] }[];
  tls?: { match?: { gateways?: string[] }[] }[];
  tcp?: { match?: { gateways?: string[] }[] }[];
}): string[] {
  const matched = [...http, ...tls, ...tcp].flatMap(({ match = [] }) =>
    match.flatMap((each) => each.gateways ?? []),
  );
  return [...gateways, ...matched].filter((gateway) => gateway !== MESH);
}

/**
 * Namespaces of the Pods that a Gateway selects: its own where Pods are there, as istiods that scope Gateways to namespaces take no others.
 */
function namespacesOf(
  { namespace }: TrafficObject,
  selector: Record<string, string>,
  workloads: readonly Workload[],
): string[] {
  const selected = workloads.filter(({ labels }) => matches(selector, labels)).map((each) => each.namespace);
  if (Object.keys(selector).length === 0 || selected.length === 0 || selected.includes(namespace))
    return [namespace];
  return sortedUnique(selected);
}

/** Whether a name is that of a Secret: others, such as `sds://name` and `builtin://`, are for other servers of certificates. */
function isSecret({ name }: { name: string }): boolean {
  return !name.includes("://");
}
