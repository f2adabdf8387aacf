import { once } from "node:events";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { LabError } from "./progress.ts";

/** Second octet of the first range: `127.16.0.0`. */
const FIRST_OCTET = 16;
/** Number of /16 networks in one range. */
const NETWORKS = 8;
const RANGES = 24;
/** Port of the lock, on an address in the last network of its range. */
const LOCK_PORT = 6400;

/** The process that holds a range. */
interface RangeHolder {
  /** Folder of the lab. */
  readonly dir: string;
  readonly pid: number;
}

let held: number | undefined;

/**
 * First two octets of a network in this process's range of loopback addresses, e.g. `127.16`. `LAB_RANGE` names the range.
 *
 * @param index 0 to 5; network 6 is for API servers without a lab, 7 for the lock.
 */
export function networkAt(index: number): string {
  return networkIn(Number(process.env["LAB_RANGE"] ?? 0), index);
}

/** The range that this process holds. @throws LabError when it holds none. */
export function heldRange(): number {
  if (held === undefined) throw new LabError("no range of loopback addresses is held: see holdRange");
  return held;
}

/**
 * Takes a range of loopback addresses until this process ends: the one in `LAB_RANGE`, else the first free one, which is then in
 * `LAB_RANGE`. The lock is a listening port: the kernel frees it, and it holds for other users' labs, too. Must come before any module
 * that calls {@link networkAt}.
 *
 * @param dir the lab's folder, for the message to others.
 * @throws LabError naming the holder, when the range is taken, or all are.
 */
export async function holdRange(dir: string): Promise<number> {
  if (held !== undefined) return held;
  const named = process.env["LAB_RANGE"];
  const candidates =
    named === undefined ? Array.from({ length: RANGES }, (_, range) => range) : [Number(named)];
  for (const range of candidates) {
    if (!(await listen(lockAddress(range), { dir, pid: process.pid }))) continue;
    process.env["LAB_RANGE"] = String(range);
    return (held = range);
  }
  throw new LabError(await describeHolders(candidates));
}

function networkIn(range: number, index: number): string {
  return `127.${FIRST_OCTET + range * NETWORKS + index}`;
}

function lockAddress(range: number): string {
  return `${networkIn(range, NETWORKS - 1)}.255.254`;
}

/** Listens and answers each connection with the holder, without keeping the process alive. @returns false when the address is taken. */
async function listen(host: string, holder: RangeHolder): Promise<boolean> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write(JSON.stringify(holder));
    socket.destroySoon();
  });
  try {
    server.listen({ host, port: LOCK_PORT, exclusive: true });
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
  server.unref();
  return true;
}

async function describeHolders(ranges: readonly number[]): Promise<string> {
  const holders = await Promise.all(ranges.map((range) => readHolder(lockAddress(range))));
  const lines = ranges.map((range, index) => {
    const holder = holders[index];
    const who = holder === undefined ? "another program" : `the lab in ${holder.dir} (process ${holder.pid})`;
    return `loopback addresses ${networkIn(range, 0)}.0.0 to ${networkIn(range, NETWORKS - 1)}.255.255 are in use by ${who}`;
  });
  return `${lines.join("\n")}\nEnd a lab there with \`npm run lab -- down\``;
}

async function readHolder(host: string): Promise<RangeHolder | undefined> {
  try {
    const socket = connect({ host, port: LOCK_PORT, timeout: 2000 });
    socket.on("timeout", () => socket.destroy(new Error("no answer")));
    const { dir, pid } = JSON.parse(await text(socket)) as Partial<RangeHolder>;
    return typeof dir === "string" && typeof pid === "number" ? { dir, pid } : undefined;
  } catch {
    return undefined;
  }
}
