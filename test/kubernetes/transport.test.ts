import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { ClusterClient } from "../../kubernetes/client.ts";
import { ClusterError } from "../../kubernetes/errors.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { writeContext } from "../providers/support/kubeconfigFile.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { ownEnvironment } from "./support/environment.ts";
import { REMOTE, TlsApiServer } from "./support/tlsApiServer.ts";

const VARIABLES = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy"];

describe("A connection to an API server", () => {
  let folder: string;
  let server: TlsApiServer;

  ownEnvironment(VARIABLES);

  before(async () => {
    folder = await temporaryFolder("connections");
    server = await TlsApiServer.start();
  });

  after(() => {
    server.stop();
  });

  beforeEach(() => {
    server.reset();
  });

  const base64 = (text: string): string => Buffer.from(text).toString("base64");

  function connect(cluster: object = {}, user: object = { token: "t" }): Promise<ClusterClient> {
    const authority = { "certificate-authority-data": base64(server.authority.pem) };
    const there = { server: `https://${server.address}`, ...authority, ...cluster };
    const name = writeContext(join(folder, "kubeconfig"), "c", there, user);
    return ClusterClient.connect(name, { deadline: 2000, retries: 2 });
  }

  async function failureOf(cluster: object, user?: object): Promise<ClusterError> {
    const error = await (await connect(cluster, user)).probe().then(
      () => assert.fail("must fail"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ClusterError);
    return error;
  }

  it("is direct by default, and kept open", async () => {
    const client = await connect();
    for (let count = 0; count < 5; count++) {
      await client.probe();
      await client.withPolicy({ deadline: 1000, retries: 0 }).probe();
    }
    // Undici opens a second one when a request follows at once.
    assert.ok(server.connections <= 2);
    assert.deepEqual(server.proxied, []);
  });

  it("uses the proxy of the environment, unless NO_PROXY has the host", async () => {
    const remote = { server: `https://${REMOTE}:6443` };
    process.env.HTTPS_PROXY = server.proxies.http;
    await (await connect(remote)).probe();
    process.env.HTTPS_PROXY = `socks5://${server.proxies.socks}`;
    await (await connect(remote)).probe();
    assert.deepEqual(server.proxied, [`http ${REMOTE}:6443`, `socks ${REMOTE}:6443`]);
    process.env.NO_PROXY = "example";
    assert.match((await failureOf(remote)).message, /ENOTFOUND|EAI_AGAIN/);
    await (await connect()).probe();
    assert.equal(server.proxied.length, 2, "loopback is never proxied");
  });

  it("that the proxy refuses is no unreachable one; one that the proxy cannot make is", async () => {
    const proxied = { "proxy-url": `http://u:s3cr3t@${server.proxies.http}` };
    for (const status of [403, 407]) {
      server.proxyStatus = status;
      const { message, failure } = await failureOf(proxied);
      assert.match(message, new RegExp(`through proxy 127.*\\(${status}\\).*Have the proxy allow it`));
      assert.deepEqual([failure.unreachable, failure.retryable], [undefined, undefined]);
      assert.doesNotMatch(message, /s3cr3t/);
    }
    server.proxyStatus = 503;
    assert.equal((await failureOf(proxied)).failure.unreachable, true);
  });

  it("that is not trusted is no unreachable one, and is not retried", async () => {
    const { message, failure } = await failureOf({ "certificate-authority-data": undefined });
    assert.match(
      message,
      /reach the API server: 127\.30\.0\.10:\d+: unable to get local issuer certificate$/,
    );
    assert.deepEqual([failure.untrusted, failure.unreachable, server.connections], [true, undefined, 1]);
    const other = (await failureOf({ "tls-server-name": "other" })).failure;
    assert.deepEqual([other.untrusted, other.unreachable], [true, undefined]);
  });

  it("reads a token file again when the API server refuses the token", async () => {
    const tokenFile = join(folder, "token");
    writeFileSync(tokenFile, "old");
    const client = await connect({}, { tokenFile });
    await client.probe();
    writeFileSync(tokenFile, "new");
    server.reset(({ headers }) => (headers["authorization"]?.[0] === "Bearer new" ? 200 : 401));
    await client.probe();
    assert.deepEqual(
      server.seen.map(({ headers }) => headers["authorization"]),
      [["Bearer old"], ["Bearer new"]],
    );
  });

  for (const [what, period, expired] of [
    [
      "expired",
      { notAfter: new Date("2026-01-02T03:04:05Z"), notBefore: new Date(0) },
      "expired on 2026-01-02T03:04:05Z",
    ],
    [
      "is not valid yet",
      { notBefore: new Date("2099-01-02T03:04:05Z"), notAfter: new Date("2100-01-01T00:00:00Z") },
      "is not valid before 2099-01-02T03:04:05Z",
    ],
  ] as const) {
    it(`reports which client certificate ${what}, when the API server takes the user as anonymous`, async () => {
      const alice = await TestAuthority.root("O=ops, CN=alice", { isCa: false, ...period });
      const user = {
        "client-certificate-data": base64(alice.pem),
        "client-key-data": base64(alice.keyPem()),
      };
      const reason = `client-certificate of user "c" \\((?:O=ops, CN=alice|CN=alice, O=ops)\\) ${expired}`;
      server.reset(() => 403);
      server.message = 'pods is forbidden: User "system:anonymous" cannot list resource "pods"';
      assert.match(
        (await failureOf({}, user)).message,
        new RegExp(`403 Forbidden: ${reason}, so that .*Log in again`),
      );
      server.reset(() => 401);
      assert.match(
        (await failureOf({}, user)).message,
        new RegExp(`401 Unauthorized: .*; ${reason}\\. Log in again`),
      );
    });
  }

  it("reports which token expired", async () => {
    const token = ["{}", JSON.stringify({ exp: 1_700_000_000 }), "x"].map((part) => base64(part)).join(".");
    server.reset(() => 401);
    assert.match(
      (await failureOf({}, { token })).message,
      /the token of user "c" expired on 2023-11-14T22:13:20Z/,
    );
  });

  it("reports why a request has no credentials", async () => {
    server.reset(() => 403);
    server.message = 'User "system:anonymous" cannot get path "/version"';
    assert.match((await failureOf({}, {})).message, /403 Forbidden: user "c" has no credentials, so that/);
  });

  it("reports an address that swallows packets as timed out", async () => {
    const silent = createServer();
    await once(silent.listen(0, "127.30.0.10"), "listening");
    const { port } = silent.address() as AddressInfo;
    const client = await connect({ server: `https://127.30.0.10:${port}` });
    const policy = { deadline: 200, retries: 3, retryTimeouts: false };
    const error = await client
      .withPolicy(policy)
      .probe()
      .catch((reason: unknown) => reason);
    silent.close();
    assert.ok(error instanceof ClusterError);
    assert.match(error.message, /no answer within 0\.2 s$/);
    assert.deepEqual([error.failure.timedOut, error.failure.unreachable], [true, true]);
  });
});
