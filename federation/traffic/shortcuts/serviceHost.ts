/** Returns the full name of a Service: `reviews.shop` and `reviews.shop.svc` are completed; other names stay. */
export function fullServiceName(host: string, clusterDomain: string): string {
  const labels = host.split(".");
  if (labels.length === 2) return `${host}.svc.${clusterDomain}`;
  return labels.length === 3 && labels[2] === "svc" ? `${host}.${clusterDomain}` : host;
}
