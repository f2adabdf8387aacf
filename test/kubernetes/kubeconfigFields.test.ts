import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClusterClient } from "../../kubernetes/client.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { writeContext } from "../providers/support/kubeconfigFile.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { REMOTE, type SeenRequest, TlsApiServer } from "./support/tlsApiServer.ts";

/** Credentials that no message may show. */
const SECRET = "s3cr3t-t0k3n";

/** Fields of `v1.Cluster` or `v1.AuthInfo`, and what the API server sees of a request, or the error's end. */
interface Case {
  readonly cluster?: object;
  readonly user?: object;
  readonly sees?: Partial<SeenRequest> | ((request: SeenRequest) => void);
  readonly fails?: RegExp;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Fields of client-go's `tools/clientcmd/api/v1/types.go`, by type. */
const FIELDS = {
  Config: "kind apiVersion preferences clusters users contexts current-context extensions",
  Cluster:
    "server tls-server-name insecure-skip-tls-verify certificate-authority certificate-authority-data proxy-url disable-compression extensions",
  AuthInfo:
    "client-certificate client-certificate-data client-key client-key-data token tokenFile as as-uid as-groups as-user-extra username password auth-provider exec extensions",
  Context: "cluster user namespace extensions",
  ExecConfig: "command args env apiVersion installHint provideClusterInfo interactiveMode",
};

it("docs/kubeconfig.md has every field of a kubeconfig", () => {
  const page = readFileSync(new URL("../../docs/kubeconfig.md", import.meta.url), "utf8");
  const [, clusters = "", users = "", rest = ""] = page.split(
    /^## (?:Cluster|User|Context and other fields)$/m,
  );
  const sections = { Cluster: clusters, AuthInfo: users, ExecConfig: users, Context: rest, Config: rest };
  for (const [type, names] of Object.entries(FIELDS)) {
    for (const name of names.split(" ").filter((each) => !/^(?:clusters|users|contexts)$/.test(each))) {
      const short = name.replace(/^.*(-data)$/, "$1");
      assert.match(
        sections[type as keyof typeof FIELDS],
        new RegExp(`\\| .*\`(?:\\w+\\.)?${short}\`.* \\|`),
        name,
      );
    }
  }
});

describe("A field of a kubeconfig", () => {
  let server: TlsApiServer;
  let folder: string;
  let client: { pem: string; key: string };

  before(async () => {
    server = await TlsApiServer.start();
    folder = await temporaryFolder("fields");
    const user = await TestAuthority.root("CN=alice", { isCa: false });
    client = { pem: user.pem, key: user.keyPem() };
    const files = {
      "ca.crt": server.authority.pem,
      "alice.crt": client.pem,
      "alice.key": client.key,
      "other.key": (await TestAuthority.root("CN=bob", { kind: "RSA" })).keyPem(),
      "both.pem": client.key + client.pem,
      token: `${SECRET}-file\n`,
      empty: "",
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  });

  after(() => {
    server.stop();
  });

  beforeEach(() => {
    server.reset();
  });

  function write(cluster: object, user: object): { path: string; context: string } {
    const authority = { "certificate-authority-data": base64(server.authority.pem) };
    const there = { server: `https://${server.address}`, ...authority, ...cluster };
    return writeContext(join(folder, "kubeconfig"), "c", there, user);
  }

  async function probe(cluster: object, user: object): Promise<void> {
    await (await ClusterClient.connect(write(cluster, user), { deadline: 4000, retries: 0 })).probe();
  }

  const without = { "certificate-authority-data": undefined };
  const authorization = (value: string) => ({ headers: { authorization: [value] } });

  /** One or more cases for each field, by its name. */
  const CASES: Record<string, (() => Case)[]> = {
    "cluster.server": [
      () => ({ sees: { path: "/version" } }),
      () => ({
        cluster: { server: `https://${server.address}/k8s/c-1/?x=1` },
        sees: { path: "/k8s/c-1/version" },
      }),
      () => ({
        cluster: { server: `https://u:p@${server.address}` },
        user: { token: SECRET },
        sees: authorization(`Basic ${base64("u:p")}`),
      }),
      () => ({ cluster: { server: "" }, fails: /its cluster has no server$/ }),
      () => ({ cluster: { server: "ftp://a" }, fails: /must be an https:\/\/ URL or host:port$/ }),
      () => ({ cluster: { server: "a/path" }, fails: /must be an https:\/\/ URL or host:port$/ }),
      // Without a scheme it is reached by plain HTTP, as by client-go, which this API server does not speak.
      () => ({ cluster: { server: server.address }, fails: /cannot reach the API server/ }),
    ],
    "cluster.certificate-authority": [
      () => ({ cluster: { ...without, "certificate-authority": "ca.crt" }, sees: {} }),
      () => ({ cluster: { ...without, "certificate-authority": join(folder, "ca.crt") }, sees: {} }),
      () => ({
        cluster: { "certificate-authority": "ca.crt" },
        fails: /certificate-authority-data: remove one$/,
      }),
      () => ({
        cluster: { ...without, "certificate-authority": "none" },
        fails: /certificate-authority \/.*\/none cannot be read \(ENOENT\)$/,
      }),
      () => ({
        cluster: { ...without, "certificate-authority": "empty" },
        fails: /certificate-authority has no certificate in PEM$/,
      }),
      () => ({ cluster: without, fails: /unable to get local issuer certificate$/ }),
    ],
    "cluster.certificate-authority-data": [
      () => ({ sees: {} }),
      () => ({
        cluster: { "certificate-authority-data": "%" },
        fails: /cluster "c": certificate-authority-data must be base64$/,
      }),
      () => ({
        cluster: { "certificate-authority-data": base64("x") },
        fails: /has no certificate in PEM$/,
      }),
    ],
    "cluster.insecure-skip-tls-verify": [
      () => ({ cluster: { ...without, "insecure-skip-tls-verify": true }, sees: {} }),
      () => ({
        cluster: { "insecure-skip-tls-verify": true },
        fails: /insecure-skip-tls-verify: remove one$/,
      }),
      () => ({ cluster: { "insecure-skip-tls-verify": "true" }, fails: /must be true or false$/ }),
    ],
    "cluster.tls-server-name": [
      () => ({ cluster: { "tls-server-name": REMOTE }, sees: { sni: REMOTE } }),
      () => ({ cluster: { "tls-server-name": "127.30.0.10" }, sees: { sni: undefined } }),
      () => ({ cluster: { "tls-server-name": "other.example" }, fails: /other\.example/ }),
    ],
    "cluster.proxy-url": [
      () => ({
        cluster: { "proxy-url": `http://u:p%40@${server.proxies.http}` },
        sees: () => {
          assert.deepEqual(server.proxied, [`http ${server.address}`]);
          assert.equal(server.proxyAuthorization, `Basic ${base64("u:p@")}`);
        },
      }),
      () => ({
        cluster: { "proxy-url": `https://${server.proxies.https}` },
        sees: () => {
          assert.deepEqual(server.proxied, [`http ${server.address}`]);
        },
      }),
      () => ({
        cluster: { "proxy-url": `socks5://${server.proxies.socks}`, server: `https://${REMOTE}:1` },
        sees: () => {
          assert.deepEqual(server.proxied, [`socks ${REMOTE}:1`]);
        },
      }),
      () => ({ cluster: { "proxy-url": "socks4://u:s3cr3t-t0k3n@a" }, fails: /https:\/\/ or socks5:\/\/$/ }),
      () => ({
        cluster: { "proxy-url": "http://127.30.0.10:9" },
        fails: /through proxy 127\.30\.0\.10:9: .*ECONNREFUSED/,
      }),
    ],
    "cluster.disable-compression": [
      () => ({
        cluster: { "disable-compression": true },
        sees: ({ headers }) => {
          assert.equal(headers["accept-encoding"], undefined);
        },
      }),
      () => ({ cluster: { "disable-compression": 1 }, fails: /disable-compression must be true or false$/ }),
    ],
    "cluster.extensions": [
      () => ({ cluster: { extensions: [{ name: "minikube.sigs.k8s.io", extension: { a: 1 } }] }, sees: {} }),
    ],
    "user.client-certificate": [
      () => ({
        user: { "client-certificate": "alice.crt", "client-key": "alice.key" },
        sees: { client: "alice" },
      }),
      () => ({
        user: { "client-certificate": "both.pem", "client-key": "both.pem" },
        sees: { client: "alice" },
      }),
      () => ({
        user: { "client-certificate": "alice.crt", "client-key": "alice.key", token: SECRET },
        sees: { client: "alice", ...authorization(`Bearer ${SECRET}`) },
      }),
      () => ({
        user: { "client-certificate": "alice.crt" },
        fails: /client certificate without client-key or client-key-data$/,
      }),
      () => ({
        user: { "client-certificate": "none", "client-key": "alice.key" },
        fails: /client-certificate \/.*\/none cannot be read/,
      }),
      () => ({
        user: { "client-certificate": "token", "client-key": "alice.key" },
        fails: /client-certificate of user "c" is no certificate in PEM$/,
      }),
    ],
    "user.client-certificate-data": [
      () => ({
        user: { "client-certificate-data": base64(client.pem), "client-key-data": base64(client.key) },
        sees: { client: "alice" },
      }),
      () => ({
        user: { "client-certificate-data": base64(client.pem), "client-certificate": "alice.crt" },
        fails: /client-certificate and client-certificate-data: remove one$/,
      }),
    ],
    "user.client-key": [
      () => ({ user: { "client-key": "alice.key", token: SECRET }, sees: { client: undefined } }),
      () => ({
        user: { "client-certificate": "alice.crt", "client-key": "none" },
        fails: /client-key \/.*\/none cannot be read/,
      }),
    ],
    "user.client-key-data": [
      () => ({
        user: {
          "client-certificate": "alice.crt",
          "client-key": "alice.key",
          "client-key-data": base64("x"),
        },
        fails: /client-key and client-key-data: remove one$/,
      }),
      () => ({
        user: { "client-certificate": "alice.crt", "client-key-data": base64(SECRET) },
        fails: /the key of client-certificate of user "c" is no PEM key without passphrase$/,
      }),
      () => ({
        user: { "client-certificate": "alice.crt", "client-key": "other.key" },
        fails: /the key does not belong to client-certificate of user "c"$/,
      }),
    ],
    "user.token": [
      () => ({ user: { token: SECRET }, sees: authorization(`Bearer ${SECRET}`) }),
      () => ({ user: { token: 123 }, fails: /user "c": token must be a text/ }),
      () => ({ user: { token: `${SECRET}\n` }, fails: /token has a line end or another control character$/ }),
    ],
    "user.tokenFile": [
      () => ({ user: { tokenFile: "token" }, sees: authorization(`Bearer ${SECRET}-file`) }),
      () => ({ user: { tokenFile: join(folder, "token") }, sees: authorization(`Bearer ${SECRET}-file`) }),
      () => ({ user: { tokenFile: "token", token: SECRET }, sees: authorization(`Bearer ${SECRET}-file`) }),
      () => ({ user: { tokenFile: "none", token: SECRET }, sees: authorization(`Bearer ${SECRET}`) }),
      () => ({ user: { tokenFile: "none" }, fails: /tokenFile \/.*\/none cannot be read \(ENOENT\)$/ }),
      () => ({ user: { tokenFile: "empty" }, fails: /tokenFile \/.*\/empty is empty$/ }),
    ],
    "user.username": [
      () => ({
        user: { username: "u", password: SECRET },
        sees: authorization(`Basic ${base64(`u:${SECRET}`)}`),
      }),
      () => ({
        user: { username: "u", token: SECRET },
        fails: /a token and a username or password: remove one$/,
      }),
      () => ({ user: { username: "u", tokenFile: "token" }, fails: /a username or password: remove one$/ }),
    ],
    "user.password": [
      // As with client-go, it counts only with a username.
      () => ({
        user: { password: SECRET },
        sees: ({ headers }) => {
          assert.equal(headers["authorization"], undefined);
        },
      }),
      () => ({ user: { password: SECRET, token: "t" }, fails: /a username or password: remove one$/ }),
    ],
    "user.as": [
      () => ({ user: { token: SECRET, as: "jürgen" }, sees: sendsHeader("impersonate-user", "jürgen") }),
      () => ({ user: { as: "a\nb" }, fails: /as has a line end or another control character$/ }),
    ],
    "user.as-uid": [
      () => ({ user: { as: "a", "as-uid": "7" }, sees: sendsHeader("impersonate-uid", "7") }),
      () => ({ user: { "as-uid": "7" }, fails: /as-uid, as-groups or as-user-extra without as$/ }),
    ],
    "user.as-groups": [
      () => ({
        user: { as: "a", "as-groups": ["g", "h"] },
        sees: sendsHeader("impersonate-group", "g", "h"),
      }),
      () => ({ user: { "as-groups": ["g"] }, fails: /without as$/ }),
      () => ({ user: { as: "a", "as-groups": "g" }, fails: /as-groups must be a list$/ }),
    ],
    "user.as-user-extra": [
      () => ({
        user: { as: "a", "as-user-extra": { "acme.example/scope%": ["x", "z"] } },
        sees: sendsHeader("impersonate-extra-acme.example%2fscope%25", "x", "z"),
      }),
      () => ({ user: { "as-user-extra": { a: ["x"] } }, fails: /without as$/ }),
    ],
    "user.auth-provider": [
      () => ({
        user: { "auth-provider": { name: "oidc", config: { "id-token": SECRET } } },
        fails: /logs in by auth-provider "oidc", which is not supported: use an exec plugin$/,
      }),
    ],
    "user.extensions": [
      () => ({ user: { token: SECRET, extensions: [{ name: "a", extension: 1 }] }, sees: {} }),
    ],
    "user.exec": [
      () => ({ user: { exec: {} }, fails: /has exec without command$/ }),
      () => ({ user: { exec: { command: "a" } }, fails: /has exec\.apiVersion "": must be client/ }),
      () => ({
        user: { token: SECRET, exec: { command: "a", apiVersion: "client.authentication.k8s.io/v1beta1" } },
        sees: authorization(`Bearer ${SECRET}`),
      }),
    ],
  };

  it("has a case for each field of a cluster and a user", () => {
    const names = ["cluster", "user"].flatMap((kind) =>
      FIELDS[kind === "cluster" ? "Cluster" : "AuthInfo"].split(" ").map((name) => `${kind}.${name}`),
    );
    assert.deepEqual(Object.keys(CASES).sort(), names.sort());
  });

  for (const [field, cases] of Object.entries(CASES)) {
    it(`counts as for client-go: ${field}`, async () => {
      for (const [index, make] of cases.entries()) {
        server.reset();
        const { cluster = {}, user = {}, sees, fails } = make();
        const error = await probe(cluster, user).then(
          () => undefined,
          (reason: unknown) => String(reason),
        );
        const place = `${field}, case ${index + 1}`;
        if (fails !== undefined) assert.match(`${place}: ${error ?? "no error"}`, fails);
        else assert.equal(error, undefined, place);
        assert.ok(!error?.includes(SECRET), place);
        if (typeof sees === "function") sees(server.request);
        else if (sees !== undefined) expectRequest(server.request, sees, place);
      }
    });
  }
});

function sendsHeader(name: string, ...values: string[]): (request: SeenRequest) => void {
  return ({ headers }) => {
    const seen = headers[name]?.map((value) => Buffer.from(value, "latin1").toString());
    assert.deepEqual(seen, values);
  };
}

function expectRequest(request: SeenRequest, expected: Partial<SeenRequest>, place: string): void {
  const { headers = {}, ...others } = expected;
  for (const [name, value] of Object.entries(others)) {
    assert.equal(request[name as keyof SeenRequest], value, `${place}: ${name}`);
  }
  for (const [name, values] of Object.entries(headers))
    assert.deepEqual(request.headers[name], values, place);
}
