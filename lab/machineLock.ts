import { once } from "node:events";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { LabError } from "./labError.ts";

/**
 * Labs of one machine share its loopback addresses, so only one can run. Whoever listens here holds the machine: the
 * kernel lets go of it when that process ends, however it ends, and other users' labs are seen too.
 */
const ADDRESS = { host: "127.10.0.254", port: 6400 };

/** Who holds the machine. */
export interface LockHolder {
  /** Folder of its lab. */
  readonly dir: string;
  readonly pid: number;
}

/**
 * Takes the machine for a lab.
 *
 * @param dir the lab's folder, told to others who try.
 * @param address for tests.
 * @returns releases it.
 * @throws LabError naming the other lab's folder and pid, when there is one.
 */
export async function lockMachine(dir: string, address = ADDRESS): Promise<() => Promise<void>> {
  const holder: LockHolder = { dir, pid: process.pid };
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(JSON.stringify(holder));
    // Whatever the other side says or leaves open, the release does not wait for it.
    socket.destroySoon();
  });
  try {
    server.listen({ ...address, exclusive: true });
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") {
      throw new LabError(await describeHolder(address), { cause: error });
    }
    throw error;
  }
  // It must not keep a finished program alive.
  server.unref();
  return async () => {
    server.close();
    await once(server, "close");
  };
}

async function describeHolder({ host, port }: typeof ADDRESS): Promise<string> {
  const holder = await readHolder(host, port);
  return holder === undefined
    ? `another program listens on ${host}:${port}, which the lab needs: end it`
    : `a lab is running already in ${holder.dir} (process ${holder.pid}); one machine can run one. ` +
        `End it there with \`npm run lab -- down\``;
}

async function readHolder(host: string, port: number): Promise<LockHolder | undefined> {
  try {
    const socket = connect({ host, port, timeout: 2000 });
    socket.on("timeout", () => socket.destroy(new Error("no answer")));
    const { dir, pid } = JSON.parse(await text(socket)) as Partial<LockHolder>;
    return typeof dir === "string" && typeof pid === "number" ? { dir, pid } : undefined;
  } catch {
    return undefined;
  }
}
