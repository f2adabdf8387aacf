/** Protocols a port may have, as a ServiceEntry names them (Istio reads them in any case). */
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

/** Those of whose calls a proxy reads the headers. */
const HTTP_PROTOCOLS: readonly Protocol[] = ["GRPC", "GRPC-WEB", "HTTP", "HTTP2"];

/** Whether a proxy reads the headers of its calls, so that it can tell services on one port apart by name. */
export function isHttp(protocol: Protocol): boolean {
  return HTTP_PROTOCOLS.includes(protocol);
}

/** Names that Kubernetes defines for `appProtocol`, and what Istio makes of them. */
const KUBERNETES_PROTOCOLS: ReadonlyMap<string, Protocol> = new Map([
  ["kubernetes.io/h2c", "HTTP2"],
  ["kubernetes.io/ws", "HTTP"],
  ["kubernetes.io/wss", "HTTPS"],
]);

/**
 * The protocol of a Service's port as Istio reads it (`ConvertProtocol` in pkg/config/kube/conversion.go): `appProtocol`
 * if there is one, else the port's name; of either, what stands before the first '-', in any case (`grpc-web` whole).
 * What Istio would sniff is `TCP` here: a ServiceEntry's port needs a protocol, and TCP carries whatever it turns out to be.
 * @returns `undefined` for what the east-west gateway cannot carry: UDP, SCTP, and names that Istio reads as UDP.
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
  // For Istio this one is HTTP on a proxy's own listener; what a Service serves under that name is plain HTTP.
  if (prefix === "HTTP_PROXY") return "HTTP";
  return PROTOCOLS.find((protocol) => protocol === prefix) ?? "TCP";
}
/** Whether a number can be a TCP port. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}
