/** Host name of a Service in its cluster. */
export function serviceHost(
  { name, namespace }: { name: string; namespace: string },
  clusterDomain: string,
): string {
  return `${name}.${namespace}.svc.${clusterDomain}`;
}

/** Parses the host name of a Service, `<name>.<namespace>.svc.<cluster domain>`; undefined for a host of another form. */
export function parseServiceHost(
  host: string,
  clusterDomain: string,
): { name: string; namespace: string } | undefined {
  const suffix = `.svc.${clusterDomain}`;
  if (!host.endsWith(suffix)) return undefined;
  const [name = "", namespace = "", ...rest] = host.slice(0, -suffix.length).split(".");
  return name === "" || namespace === "" || rest.length > 0 ? undefined : { name, namespace };
}

/**
 * Returns the full name of a host in an object of a namespace, as Istio does (`ResolveShortnameToFQDN`): a name without a dot is of the
 * object's namespace. `*` and names with a dot stay.
 */
export function resolveHost(host: string, namespace: string, clusterDomain: string): string {
  return isFull(host) ? host : serviceHost({ name: host, namespace }, clusterDomain);
}

/** Shortens the name of a host in an object of a namespace for messages: a Service's to `name.namespace`; other names stay. */
export function shortHost(host: string, namespace: string, clusterDomain: string): string {
  const suffix = `.svc.${clusterDomain}`;
  if (host.endsWith(suffix)) return host.slice(0, -suffix.length);
  return qualifiedHost(host, namespace);
}

/** Adds the namespace to the name of a Service in an object of this namespace; `*` and names with a dot stay. */
export function qualifiedHost(host: string, namespace: string): string {
  return isFull(host) ? host : `${host}.${namespace}`;
}

/** Completes the name of a Service in the config: `reviews.shop` and `reviews.shop.svc`; other names stay. */
export function completeHost(host: string, clusterDomain: string): string {
  const labels = host.split(".");
  if (labels.length === 2) return `${host}.svc.${clusterDomain}`;
  return labels.length === 3 && labels[2] === "svc" ? `${host}.${clusterDomain}` : host;
}

function isFull(host: string): boolean {
  return host.includes(".") || host === "*" || host === "";
}
