/** Under it a service has one name in all clusters, by Istio's convention for replicated control planes. */
export const GLOBAL_DOMAIN = "global";

/**
 * The name under which a peer's service is called where its own name may be that of a local one.
 * @param host its name there, `<name>.<namespace>.svc.<cluster domain>`.
 * @param clusterDomain the peer's.
 * @returns `<name>.<namespace>.global`; undefined for a name of another form.
 */
export function globalName(host: string, clusterDomain: string): string | undefined {
  const suffix = `.svc.${clusterDomain}`;
  const service = host.slice(0, -suffix.length);
  return host.endsWith(suffix) && /^[^.]+\.[^.]+$/.test(service) ? `${service}.${GLOBAL_DOMAIN}` : undefined;
}
