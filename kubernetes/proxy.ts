import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";
import { KubeconfigFault } from "./kubeconfigFile.ts";

/**
 * Returns the proxy of requests to an API server: the kubeconfig's, else that of the environment by the rules of Go's `httpproxy`.
 * @param proxyUrl `proxy-url` of the cluster; empty without one.
 * @throws KubeconfigFault when the variable holds no proxy; the value, which may have a password, is not quoted.
 */
export function selectProxy(
  server: URL,
  proxyUrl: string,
  environment: NodeJS.ProcessEnv = process.env,
): URL | undefined {
  if (proxyUrl !== "") return new URL(proxyUrl);
  const variables =
    server.protocol === "https:" ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"];
  const variable = variables.find((name) => environment[name]);
  const value = variable === undefined ? undefined : environment[variable];
  if (value === undefined || !usesProxy(server, environment.NO_PROXY || environment.no_proxy || "")) {
    return undefined;
  }
  const text = /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(value) ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy === undefined || !/^(?:https?|socks5h?):$/.test(proxy.protocol)) {
    throw new KubeconfigFault(`$${variable} must begin with http://, https:// or socks5://`);
  }
  return proxy;
}

const PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/** Whether requests to a server go through a proxy, by `NO_PROXY`. A loopback address never does. */
function usesProxy(server: URL, noProxy: string): boolean {
  const host = server.hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const port = server.port || (PORTS[server.protocol] ?? "");
  const family = isIP(host);
  if (host === "localhost" || (family !== 0 && LOOPBACK.check(host, family === 4 ? "ipv4" : "ipv6"))) {
    return false;
  }
  const entries = noProxy.split(",").map((entry) => entry.trim().toLowerCase());
  return !entries.some((entry) => matches(entry, host, port));
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether an entry of `NO_PROXY` matches: `*`, a range, an address or a domain; the last two with or without a port. */
function matches(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const [, range = "", bits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (isIP(range) !== 0) return isInRange(host, range, Number(bits));
  const [, bracketed, plain, only = ""] = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(entry) ?? [];
  const name = bracketed ?? plain ?? entry;
  if (name === "" || (only !== "" && only !== port)) return false;
  if (isIP(name) !== 0) return isInRange(host, name, isIP(name) === 4 ? 32 : 128);
  if (isIP(host) !== 0) return false;
  const suffix = name.replace(/^\*\./, ".");
  const domain = suffix.startsWith(".") ? `.${toAscii(suffix.slice(1))}` : toAscii(suffix);
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function toAscii(domain: string): string {
  return domainToASCII(domain) || domain;
}

function isInRange(host: string, range: string, bits: number): boolean {
  const family = (address: string) => (isIP(address) === 4 ? "ipv4" : "ipv6");
  if (isIP(host) === 0 || bits > (isIP(range) === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(range, bits, family(range));
  return list.check(host, family(host));
}
