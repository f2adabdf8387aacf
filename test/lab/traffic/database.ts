import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { type ChildProcess, spawn } from "node:child_process";
import { labPaths } from "../../../lab/environment.ts";
import type { RunningLab } from "../../../lab/lab.ts";
import { waitFor } from "../../../lab/ready.ts";
import type { TestAuthority } from "../../support/testAuthority.ts";
import { secrets } from "../sharedLab.ts";
import { temporaryFolder } from "../temporaryFolder.ts";

const HOST = "store.example.com";
const START_SECONDS = 20;

/** An etcd outside the mesh that takes TLS by clients with a certificate alone. */
export class Database {
  readonly port: number;
  readonly #address: string;
  readonly #authority: string;
  readonly #process: ChildProcess;

  private constructor(
    { address, port, authority }: { address: string; port: number; authority: string },
    process: ChildProcess,
  ) {
    this.port = port;
    this.#address = address;
    this.#authority = authority;
    this.#process = process;
  }

  /** Starts it at a free port. @param authority of its certificate and of its clients'. */
  static async start(
    { dir }: Pick<RunningLab, "dir">,
    address: string,
    authority: TestAuthority,
  ): Promise<Database> {
    const folder = await temporaryFolder("database");
    const { leaf, key } = await authority.workload([{ type: "dns", value: HOST }], `CN=${HOST}`);
    secrets.keys.set(key, "the key of the database");
    const files = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key"), ca: join(folder, "ca.crt") };
    await mkdir(folder, { recursive: true });
    await Promise.all([
      writeFile(files.cert, leaf),
      writeFile(files.key, key),
      writeFile(files.ca, authority.pem),
    ]);
    const [port, peerPort] = [await freePort(address), await freePort(address)];
    const [client, peer] = [`https://${address}:${port}`, `http://${address}:${peerPort}`];
    const etcd = spawn(
      join(labPaths(dir).bin, "etcd"),
      [
        `--data-dir=${join(folder, "data")}`,
        ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
        ...[
          `--listen-peer-urls=${peer}`,
          `--initial-advertise-peer-urls=${peer}`,
          `--initial-cluster=default=${peer}`,
        ],
        ...[`--cert-file=${files.cert}`, `--key-file=${files.key}`],
        ...["--client-cert-auth", `--trusted-ca-file=${files.ca}`, "--unsafe-no-fsync"],
      ],
      { stdio: "ignore" },
    );
    const database = new Database({ address, port, authority: authority.pem }, etcd);
    const clientCertificate = await authority.workload(
      [{ type: "dns", value: "shop.example.com" }],
      "CN=shop",
    );
    const isReady = async () => (await database.status(clientCertificate)) === 200;
    await waitFor("the database starts", isReady, START_SECONDS);
    return database;
  }

  /** Calls it directly, without a sidecar. @returns undefined where it refuses the connection. */
  async status(certificate?: { leaf: string; key: string }): Promise<number | undefined> {
    const client = certificate === undefined ? {} : { cert: certificate.leaf, key: certificate.key };
    const sent = request({
      ...{ host: this.#address, port: this.port, path: "/version", servername: HOST, ca: this.#authority },
      ...{ ...client, agent: false },
    });
    sent.end();
    const answer = once(sent, "response").then(([response]) => {
      const { statusCode } = response as { statusCode: number; resume: () => void };
      (response as { resume: () => void }).resume();
      return statusCode;
    });
    return answer.catch(() => undefined);
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
  }
}

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
