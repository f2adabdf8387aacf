import { type Socket, createSocket } from "node:dgram";
import { once } from "node:events";

const TYPE_A = 1;
const CLASS_IN = 1;
const HEADER_BYTES = 12;
/** Answer, authoritative, recursion asked for and available. */
const ANSWER = 0x8580;
const NO_SUCH_NAME = 3;
/** Seconds for which an answer holds: Envoy asks again then. */
const TTL = 1;
/** Pointer to the name in question: at the end of the header. */
const POINTER_TO_QUESTION = 0xc000 | HEADER_BYTES;

/** A DNS server over UDP that knows IPv4 addresses of a few names, which may change; no other names exist. */
export class NameServer {
  readonly address: string;
  readonly port: number;
  /** Addresses by name. */
  readonly names = new Map<string, readonly string[]>();
  #socket: Socket | undefined;
  #queries = 0;

  /** @param address loopback, IPv4. */
  constructor(address: string, port: number) {
    this.address = address;
    this.port = port;
  }

  /** Number of queries so far. */
  get queries(): number {
    return this.#queries;
  }

  /** Starts to answer; nothing happens when it does. */
  async start(): Promise<void> {
    if (this.#socket !== undefined) return;
    const socket = createSocket("udp4");
    socket.on("message", (query, { address, port }) => {
      this.#queries++;
      const answer = this.#answer(query);
      if (answer !== undefined) socket.send(answer, port, address);
    });
    socket.bind(this.port, this.address);
    await once(socket, "listening");
    this.#socket = socket;
  }

  async stop(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    socket.close();
    await once(socket, "close");
  }

  /** The answer to a query for one name; undefined for what is no such query. */
  #answer(query: Buffer): Buffer | undefined {
    const labels: string[] = [];
    let end = HEADER_BYTES;
    for (let length = query[end] ?? 0; length > 0; length = query[end] ?? 0) {
      labels.push(query.toString("latin1", end + 1, end + 1 + length));
      end += 1 + length;
    }
    const questionEnd = end + 5;
    if (query.length < questionEnd) return undefined;
    const known = this.names.get(labels.join(".").toLowerCase());
    const addresses = query.readUInt16BE(end + 1) === TYPE_A ? (known ?? []) : [];
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    header.writeUInt16BE(ANSWER | (known === undefined ? NO_SUCH_NAME : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    return Buffer.concat([header, query.subarray(HEADER_BYTES, questionEnd), ...addresses.map(record)]);
  }
}

function record(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16BE(POINTER_TO_QUESTION, 0);
  bytes.writeUInt16BE(TYPE_A, 2);
  bytes.writeUInt16BE(CLASS_IN, 4);
  bytes.writeUInt32BE(TTL, 6);
  bytes.writeUInt16BE(4, 10);
  bytes.set(address.split(".").map(Number), 12);
  return bytes;
}
