import { type Viewers, viewersOf } from "../core/exportTo.ts";
import type { Import } from "../imports/import.ts";
import type { KubernetesService } from "../exports/clusterServices.ts";
import { append } from "../core/order.ts";
import { resolveHost, serviceHost } from "../core/serviceHost.ts";
import { type TrafficObject, isIstio } from "./trafficObject.ts";
import type { ServiceEntrySpec } from "./specs.ts";

/** A port of a host. */
export interface HostPort {
  number: number;
  name: string;
  /** As Istio's ServiceEntry has it, e.g. `HTTP`; undefined of a Service's port that names none. */
  protocol: string | undefined;
}

/** A host that Istio knows, or will know after this update. */
export interface KnownHost {
  /** Full host name; `*.` at its start for a wildcard of a ServiceEntry. */
  host: string;
  source:
    | { kind: "Service"; service: KubernetesService }
    | { kind: "ServiceEntry"; entry: TrafficObject }
    | { kind: "import"; imported: ImportedHost };
  ports: readonly HostPort[];
  viewers: Viewers;
  /** Namespace of its object. */
  namespace: string;
}

/**
 * A host that a peer serves. Registered: by this update. Kept: registered before, while the peer is pending, refused or held. Removed: registered
 * before, and this update removes it.
 */
export interface ImportedHost {
  host: string;
  peer: string;
  state: "registered" | "kept" | "removed";
  /** Undefined where it is not known: removed, or kept and not read. */
  service: Import | undefined;
  /** Namespaces that see it; `*` for all. */
  exportTo: readonly string[];
}

/** The hosts of a cluster after this update. */
export interface HostsInput {
  clusterDomain: string;
  /** Undefined when they cannot be read: then no host is unknown. */
  services: readonly KubernetesService[] | undefined;
  /** ServiceEntries of the stack and of others. */
  entries: readonly TrafficObject[];
  imports: readonly ImportedHost[];
  /** Namespace of the imports' ServiceEntries. */
  importNamespace: string;
}

/** The hosts of a cluster: finds what a host in an object refers to. */
export class Hosts {
  readonly #clusterDomain: string;
  readonly #byHost = new Map<string, KnownHost[]>();
  readonly #wildcards: KnownHost[] = [];
  /** Whether all hosts are known, so that one that is not found is not there. */
  readonly isComplete: boolean;

  constructor({ clusterDomain, services, entries, imports, importNamespace }: HostsInput) {
    this.#clusterDomain = clusterDomain;
    this.isComplete = services !== undefined;
    for (const service of services ?? []) this.#add(hostOfService(service, clusterDomain));
    for (const entry of entries) for (const known of entryHosts(entry)) this.#add(known);
    for (const imported of imports)
      this.#add({
        host: imported.host,
        source: { kind: "import", imported },
        ports: imported.service?.ports ?? [],
        viewers: viewersOf(imported.exportTo, importNamespace),
        namespace: importNamespace,
      });
  }

  /** All hosts, in the order of their sources. */
  get all(): readonly KnownHost[] {
    return [...this.#byHost.values(), this.#wildcards].flat();
  }

  /** Returns the full name of a host in an object of a namespace. */
  resolve(host: string, namespace: string): string {
    return resolveHost(host, namespace, this.#clusterDomain);
  }

  /** Finds the objects of a host as an object of `namespace` names it: exact ones, else those whose wildcard covers it. */
  find(host: string, namespace: string): readonly KnownHost[] {
    const full = this.resolve(host, namespace);
    const exact = this.#byHost.get(full) ?? [];
    return exact.length > 0 ? exact : this.#wildcards.filter((known) => covers(known.host, full));
  }

  /** Names of all hosts, for suggestions. */
  get names(): string[] {
    return [...this.#byHost.keys()];
  }

  #add(known: KnownHost): void {
    if (known.host.startsWith("*")) this.#wildcards.push(known);
    else append(this.#byHost, known.host, known);
  }
}

/** Whether a host, which may start with `*`, is or includes another, as Istio matches hosts (`host.Name.SubsetOf`). */
export function covers(template: string, host: string): boolean {
  if (template === host) return true;
  return (
    template.startsWith("*") &&
    host.replace(/^\*/, "").endsWith(template.slice(1)) &&
    host !== template.slice(1)
  );
}

function hostOfService(service: KubernetesService, clusterDomain: string): KnownHost {
  return {
    host: serviceHost(service, clusterDomain),
    source: { kind: "Service", service },
    ports: service.ports.map(({ port, name = "", appProtocol }) => ({
      number: port,
      name,
      protocol: (appProtocol ?? name.split("-")[0])?.toUpperCase(),
    })),
    viewers: undefined,
    namespace: service.namespace,
  };
}

/** The hosts of an Istio ServiceEntry; none of any other object. */
export function entryHosts(entry: TrafficObject): KnownHost[] {
  if (entry.kind !== "ServiceEntry" || !isIstio(entry)) return [];
  const { hosts = [], ports = [], exportTo } = entry.spec as ServiceEntrySpec;
  return hosts.map((host) => ({
    host,
    source: { kind: "ServiceEntry", entry },
    ports: ports.map(({ number = 0, name = "", protocol }) => ({ number, name, protocol })),
    viewers: viewersOf(exportTo, entry.namespace),
    namespace: entry.namespace,
  }));
}
