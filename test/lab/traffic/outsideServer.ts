import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";

/** PEM of a server's certificate and key, and of the CA of its clients; without one they need no certificate. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** An HTTP server outside the mesh, which answers with its name and its client's. */
export class OutsideServer {
  readonly #server: Server;

  /** @param certificate of a server that takes TLS. */
  constructor(name: string, certificate?: ServerCertificate) {
    const answer = ({ socket }: IncomingMessage, response: ServerResponse) => {
      const subject = certificate?.ca && (socket as TLSSocket).getPeerCertificate().subject;
      response.end(JSON.stringify({ service: name, ...(subject && { client: subject.CN }) }));
    };
    this.#server =
      certificate === undefined
        ? createServer(answer)
        : createTlsServer({ ...certificate, requestCert: certificate.ca !== undefined }, answer);
  }

  /** Starts the server on a free port. */
  async start(address: string): Promise<void> {
    this.#server.listen(0, address);
    await once(this.#server, "listening");
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
