import { once } from "node:events";
import { type Server, type Socket, connect, createServer } from "node:net";

/**
 * A load balancer in front of a gateway, of the simplest kind: passes bytes on. It counts its connections, so that a test can tell that
 * calls went through it.
 */
export class Balancer {
  readonly address: string;
  readonly port: number;
  readonly #target: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #connections = 0;

  /**
   * @param address loopback, IPv4 or IPv6.
   * @param target address behind it, with the same port.
   */
  constructor(address: string, port: number, target: string) {
    this.address = address;
    this.port = port;
    this.#target = target;
  }

  /** Connections accepted so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Address and port, as Envoy formats them. */
  get place(): string {
    return placeOf(this.address, this.port);
  }

  /** Starts to listen; nothing happens when it does. @throws Error when the machine has no such address. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((socket) => {
      this.#forward(socket);
    });
    server.listen(this.port, this.address);
    await once(server, "listening");
    this.#server = server;
  }

  /** Listens no more, and ends all connections; nothing happens when it does not listen. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #forward(caller: Socket): void {
    this.#connections++;
    const gateway = connect(this.port, this.#target);
    for (const [socket, other] of [
      [caller, gateway],
      [gateway, caller],
    ] as const) {
      this.#sockets.add(socket);
      socket.pipe(other);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}

/** `address:port`, IPv6 in brackets. */
export function placeOf(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
