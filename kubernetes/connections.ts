import { type ConnectionOptions, getCACertificates } from "node:tls";
import type { Dispatcher, buildConnector as BuildConnector } from "undici";
import { TimeoutError } from "./errors.ts";

type UndiciConnector = ReturnType<typeof BuildConnector>;

/**
 * Longest wait for a new connection, in milliseconds: for the API server's TLS, and for a proxy's part. Short, as the process cannot end
 * before it.
 */
const CONNECT_DEADLINE = 5_000;

/**
 * Makes connections to an API server that are kept open.
 * @param tls settings for the API server, and for a proxy at an https:// address as well: client-go has no others.
 */
export async function openConnections(tls: ConnectionOptions, proxy: URL | undefined): Promise<Dispatcher> {
  const { Agent, Pool, ProxyAgent, buildConnector } = await import("undici");
  // Undici's types ask for more than Node's TLS needs.
  const connect = { ...tls, timeout: CONNECT_DEADLINE } as BuildConnector.BuildOptions;
  if (proxy === undefined) return new Agent({ connect });
  if (proxy.protocol.startsWith("http")) {
    return new ProxyAgent({
      uri: proxy.href,
      requestTls: connect,
      proxyTls: connect,
      clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout: CONNECT_DEADLINE }),
    });
  }
  return new Agent({ connect: await socksConnector(proxy, buildConnector(connect)) });
}

/** Certificates, PEM, by which this machine verifies servers. */
export function machineRoots(): string[] {
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
}

/**
 * Runs a request with a deadline. Undici itself lets a request outlive its signal while the connection is being made.
 * @param milliseconds longest wait for the whole response.
 * @throws TimeoutError after the deadline.
 */
export async function withinDeadline<T>(
  milliseconds: number,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // AbortSignal.timeout would keep thousands of signals in memory until their deadlines.
  const abort = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const reason = new TimeoutError();
    abort.abort(reason);
    reject(reason);
  }, milliseconds);
  try {
    return await Promise.race([request(abort.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Connects through a SOCKS 5 proxy, which also resolves names. Undici's own agent for that warns of being experimental. */
async function socksConnector(proxy: URL, upgrade: UndiciConnector): Promise<UndiciConnector> {
  const { SocksClient } = await import("socks");
  const { hostname, port, username, password } = proxy;
  const address = {
    host: unbracketed(hostname),
    port: Number(port || "1080"),
    type: 5 as const,
    ...(username === ""
      ? {}
      : { userId: decodeURIComponent(username), password: decodeURIComponent(password) }),
  };
  return (options, callback) => {
    const isTls = options.protocol === "https:";
    const destination = {
      host: unbracketed(options.hostname),
      port: Number(options.port || (isTls ? "443" : "80")),
    };
    const request = { proxy: address, command: "connect" as const, destination, timeout: CONNECT_DEADLINE };
    SocksClient.createConnection(request).then(
      ({ socket }) => {
        if (isTls) upgrade({ ...options, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      (error: unknown) => {
        callback(error as Error, null);
      },
    );
  };
}

function unbracketed(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}
