/** Protocols of a port, as a ServiceEntry names them; Istio accepts any case. */
export const PROTOCOLS = [
  "GRPC",
  "GRPC-WEB",
  "HTTP",
  "HTTP2",
  "HTTPS",
  "MONGO",
  "MYSQL",
  "REDIS",
  "TCP",
  "TLS",
] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Protocols whose headers a proxy reads. */
const HTTP_PROTOCOLS: readonly Protocol[] = ["GRPC", "GRPC-WEB", "HTTP", "HTTP2"];

/** Whether a proxy reads the headers of a protocol, and so routes by host on a shared port. */
export function isHttp(protocol: Protocol): boolean {
  return HTTP_PROTOCOLS.includes(protocol);
}

/** Istio's protocols for the names that Kubernetes defines for `appProtocol`. */
const KUBERNETES_PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([
  ["kubernetes.io/h2c", "HTTP2"],
  ["kubernetes.io/ws", "HTTP"],
  ["kubernetes.io/wss", "HTTPS"],
]);

/**
 * Returns the protocol of a Service's port as Istio reads it (`ConvertProtocol` in pkg/config/kube/conversion.go).
 *
 * Istio takes `appProtocol`, else the port's name, up to the first '-' and in any case (`grpc-web` whole). A protocol that Istio would
 * detect is `TCP` here: a ServiceEntry's port needs a protocol, and TCP carries any.
 * @returns undefined for a port that the east-west gateway cannot carry: UDP, SCTP, and names that Istio reads as UDP.
 */
export function protocolOf(port: {
  name?: string | undefined;
  protocol?: string | undefined;
  appProtocol?: string | undefined;
}): Protocol | undefined {
  if ((port.protocol ?? "TCP") !== "TCP") return undefined;
  const known = KUBERNETES_PROTOCOLS.get(port.appProtocol ?? "");
  if (known !== undefined) return known;

  const name = (port.appProtocol ?? port.name ?? "").toUpperCase();
  if (name.startsWith("GRPC-WEB")) return "GRPC-WEB";
  const prefix = name.split("-", 1)[0];
  if (prefix === "UDP") return undefined;
  // For Istio this is HTTP on a proxy's own listener; a Service with a port of that name serves plain HTTP.
  if (prefix === "HTTP_PROXY") return "HTTP";
  return PROTOCOLS.find((protocol) => protocol === prefix) ?? "TCP";
}
/** Whether a number can be a TCP port. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}
