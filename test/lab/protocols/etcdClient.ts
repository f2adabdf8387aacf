import grpc from "@grpc/grpc-js";
import protobuf from "google-protobuf";

const { BinaryReader, BinaryWriter } = protobuf;
const DEADLINE_MILLISECONDS = 10_000;

/** A client of etcd, as much as a test needs of its API: fields of `etcdserverpb` by their numbers. */
export class EtcdClient {
  readonly #client: grpc.Client;

  /**
   * @param target `address:port` to connect to.
   * @param authority by which the server is called.
   */
  constructor(target: string, authority: string) {
    this.#client = new grpc.Client(target, grpc.credentials.createInsecure(), {
      "grpc.default_authority": authority,
    });
  }

  async put(key: string, value: string): Promise<void> {
    await this.#call("Put", fields({ 1: key, 2: value }));
  }

  /** @returns undefined when there is no such key. */
  async get(key: string): Promise<string | undefined> {
    const response = await this.#call("Range", fields({ 1: key }));
    const pair = fieldsOf(response).get(2);
    return pair === undefined ? undefined : fieldsOf(pair).get(5)?.toString();
  }

  /** Watches a key, on a stream in both directions, until it has another value. @param change made once the watch stands. */
  async nextValue(key: string, change: () => Promise<void>): Promise<string | undefined> {
    const stream = this.#client.makeBidiStreamRequest<Buffer, Buffer>(
      "/etcdserverpb.Watch/Watch",
      asIs,
      asIs,
      { deadline: deadline() },
    );
    try {
      return await new Promise((resolve, reject) => {
        stream.on("error", reject);
        stream.on("data", (response: Buffer) => {
          // The first one says that the watch stands; `events` is field 11, and in it the pair is 2.
          const event = fieldsOf(response).get(11);
          if (event === undefined) change().catch(reject);
          else
            resolve(
              fieldsOf(fieldsOf(event).get(2) ?? Buffer.of())
                .get(5)
                ?.toString(),
            );
        });
        stream.write(fields({ 1: fields({ 1: key }) }));
      });
    } finally {
      stream.cancel();
    }
  }

  close(): void {
    this.#client.close();
  }

  #call(method: string, request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/etcdserverpb.KV/${method}`,
        asIs,
        asIs,
        request,
        { deadline: deadline() },
        (error, response) => {
          if (error !== null) reject(error);
          else resolve(response ?? Buffer.of());
        },
      );
    });
  }
}

/** A message of fields that are texts or messages, by number. */
function fields(values: Readonly<Record<number, string | Buffer>>): Buffer {
  const writer = new BinaryWriter();
  for (const [number, value] of Object.entries(values)) writer.writeBytes(Number(number), Buffer.from(value));
  return Buffer.from(writer.getResultBuffer());
}

/** The fields of a message that are texts or messages; of a repeated one the last. */
function fieldsOf(message: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  const reader = new BinaryReader(message);
  while (reader.nextField()) {
    const isDelimited = reader.getWireType().valueOf() === DELIMITED;
    if (isDelimited) found.set(reader.getFieldNumber(), Buffer.from(reader.readBytes()));
    else reader.skipField();
  }
  return found;
}

/** Wire type of what has a length of its own. */
const DELIMITED = 2;

function asIs(message: Buffer): Buffer {
  return message;
}

function deadline(): Date {
  return new Date(Date.now() + DEADLINE_MILLISECONDS);
}
