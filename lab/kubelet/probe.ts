import { connect } from "node:net";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { V1Container, V1Probe } from "@kubernetes/client-node";

/**
 * Asks once whether a container is ready, as its probe says: `httpGet` (200 to 399) or `tcpSocket`. Without a probe
 * it is, and so it is with the other kinds, which the lab does not know.
 *
 * @param container to look up ports by name.
 * @param podIP where the container listens.
 */
export async function probe(
  container: V1Container,
  check: V1Probe | undefined,
  podIP: string,
): Promise<boolean> {
  const timeout = (check?.timeoutSeconds ?? 1) * 1000;
  if (check?.httpGet) {
    const { host = podIP, path = "/", port, scheme = "HTTP", httpHeaders = [] } = check.httpGet;
    const request = scheme === "HTTPS" ? requestHttps : requestHttp;
    const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
    const options = {
      host,
      path,
      port: portNumber(container, port),
      headers,
      timeout,
      agent: false,
      rejectUnauthorized: false,
    };
    return new Promise((resolve) => {
      const sent = request(options, (response) => {
        const { statusCode = 0 } = response;
        response.resume();
        resolve(statusCode >= 200 && statusCode < 400);
      });
      sent.once("timeout", () => sent.destroy(new Error("timeout")));
      sent.once("error", () => {
        resolve(false);
      });
      sent.end();
    });
  }
  if (check?.tcpSocket) {
    const { host = podIP, port } = check.tcpSocket;
    const socket = connect({ host, port: portNumber(container, port), timeout });
    return new Promise((resolve) => {
      const settle = (ready: boolean) => {
        socket.destroy();
        resolve(ready);
      };
      socket.once("connect", () => {
        settle(true);
      });
      socket.once("timeout", () => {
        settle(false);
      });
      socket.once("error", () => {
        settle(false);
      });
    });
  }
  return true;
}

function portNumber(container: V1Container, port: number | string): number {
  if (typeof port === "number") return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
}
