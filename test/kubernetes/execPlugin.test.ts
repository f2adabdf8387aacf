import assert from "node:assert/strict";
import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ClusterClient } from "../../kubernetes/client.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { writeContext } from "../providers/support/kubeconfigFile.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { TlsApiServer } from "./support/tlsApiServer.ts";

const V1 = "client.authentication.k8s.io/v1";
const V1BETA1 = "client.authentication.k8s.io/v1beta1";
const SECRET = "s3cr3t-t0k3n";
const NEVER = { apiVersion: V1, interactiveMode: "Never" };

describe("An exec plugin of a kubeconfig", () => {
  let server: TlsApiServer;
  let folder: string;
  let plugin: string;
  const { PATH } = process.env;

  before(async () => {
    server = await TlsApiServer.start();
  });

  after(() => {
    server.stop();
  });

  beforeEach(async () => {
    server.reset();
    folder = await temporaryFolder("exec");
    plugin = join(folder, "plugin");
  });

  afterEach(() => {
    process.env.PATH = PATH;
  });

  /** Makes the plugin: a shell script that counts its runs. */
  function script(commands: string): void {
    writeFileSync(plugin, `#!/bin/sh\necho run >> ${folder}/runs\n${commands}\n`);
    chmodSync(plugin, 0o700);
  }

  /** A plugin that prints this `status`. */
  function prints(status: object, apiVersion = V1): void {
    writeFileSync(join(folder, "answer"), JSON.stringify({ kind: "ExecCredential", apiVersion, status }));
    script(`cat ${folder}/answer`);
  }

  const runs = (): number =>
    existsSync(join(folder, "runs")) ? readFileSync(join(folder, "runs"), "utf8").split("\n").length - 1 : 0;

  function connect(exec: object, cluster: object = {}, user: object = {}): Promise<ClusterClient> {
    const authority = Buffer.from(server.authority.pem).toString("base64");
    const there = {
      server: `https://${server.address}`,
      "certificate-authority-data": authority,
      ...cluster,
    };
    const name = writeContext(join(folder, "kubeconfig"), "c", there, {
      ...user,
      exec: { command: plugin, ...exec },
    });
    return ClusterClient.connect(name, { deadline: 2000, retries: 0 });
  }

  async function failureOf(exec: object): Promise<string> {
    const error = await connect(exec)
      .then((client) => client.probe())
      .then(() => assert.fail("must fail"), String);
    assert.ok(!error.includes(SECRET), error);
    return error;
  }

  const tokens = () => server.seen.map(({ headers }) => headers["authorization"]?.[0]);

  for (const [apiVersion, mode] of [
    [V1, "Never"],
    [V1, "IfAvailable"],
    [V1BETA1, undefined],
  ] as const) {
    it(`gives the token, by ${apiVersion} with interactiveMode ${mode ?? "absent"}`, async () => {
      prints({ token: SECRET }, apiVersion);
      await (await connect({ apiVersion, ...(mode === undefined ? {} : { interactiveMode: mode }) })).probe();
      assert.deepEqual(tokens(), [`Bearer ${SECRET}`]);
    });
  }

  it("is found relative to the kubeconfig's folder, or by its name in $PATH", async () => {
    prints({ token: SECRET });
    await (await connect({ ...NEVER, command: "./plugin" })).probe();
    process.env.PATH = `${folder}${delimiter}${PATH}`;
    await (await connect({ ...NEVER, command: "plugin" })).probe();
    assert.equal(tokens().length, 2);
  });

  it("gets arguments, variables and KUBERNETES_EXEC_INFO, and no input", async () => {
    script(
      `printf '%s' "$KUBERNETES_EXEC_INFO" > ${folder}/info\n` +
        `printf '{"kind":"ExecCredential","apiVersion":"${V1}","status":{"token":"%s-%s-%s"}}' "$1" "$A" "$(cat)"`,
    );
    const exec = { ...NEVER, args: ["x y"], env: [{ name: "A", value: "a" }] };
    await (await connect(exec)).probe();
    assert.deepEqual(tokens(), ["Bearer x y-a-"]);
    const info = () => JSON.parse(readFileSync(join(folder, "info"), "utf8")) as unknown;
    const about = { kind: "ExecCredential", apiVersion: V1 };
    assert.deepEqual(info(), { ...about, spec: { interactive: false } });
    const extensions = [{ name: "client.authentication.k8s.io/exec", extension: { audience: "b" } }];
    const cluster = { "tls-server-name": "api.example", extensions, "disable-compression": true };
    await (await connect({ ...exec, provideClusterInfo: true }, cluster)).probe();
    const authority = Buffer.from(server.authority.pem).toString("base64");
    const expected = {
      server: `https://${server.address}`,
      "tls-server-name": "api.example",
      "certificate-authority-data": authority,
      "disable-compression": true,
      config: { audience: "b" },
    };
    assert.deepEqual(info(), { ...about, spec: { cluster: expected, interactive: false } });
  });

  it("gives a client certificate, alone or beside a token", async () => {
    const alice = await TestAuthority.root("CN=alice", { isCa: false });
    const pair = { clientCertificateData: alice.pem, clientKeyData: alice.keyPem() };
    prints(pair);
    await (await connect(NEVER)).probe();
    prints({ ...pair, token: SECRET });
    await (await connect({ ...NEVER, args: ["another"] })).probe();
    assert.deepEqual(
      server.seen.map(({ client }) => client),
      ["alice", "alice"],
    );
    assert.deepEqual(tokens(), [undefined, `Bearer ${SECRET}`]);
  });

  it("runs once for all clients of the process, and again when its credential ends", async () => {
    prints({ token: SECRET });
    await Promise.all([1, 2, 3].map(async () => (await connect(NEVER)).probe()));
    await (await connect(NEVER)).probe();
    assert.equal(runs(), 1);
    const ended = { token: SECRET, expirationTimestamp: new Date(Date.now() - 60_000).toISOString() };
    prints(ended);
    const client = await connect({ ...NEVER, args: ["ends"] });
    await client.probe();
    assert.equal(runs(), 2);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await client.probe();
    assert.equal(runs(), 3);
  });

  it("runs again when the API server refuses the token", async () => {
    prints({ token: "old" });
    const client = await connect(NEVER);
    await client.probe();
    prints({ token: "new" });
    server.reset(({ headers }) => (headers["authorization"]?.[0] === "Bearer new" ? 200 : 401));
    await Promise.all([client.probe(), client.probe()]);
    assert.equal(runs(), 2);
    assert.equal(tokens().at(-1), "Bearer new");
  });

  it("does not run beside other credentials", async () => {
    prints({ token: SECRET });
    await (await connect(NEVER, {}, { username: "u", password: "p" })).probe();
    assert.equal(runs(), 0);
  });

  for (const [what, exec, commands, message] of [
    [
      "needs a terminal",
      { interactiveMode: "Always" },
      "",
      /exec plugin \/.*\/plugin needs a terminal \(interactiveMode: Always\), and the program has none$/,
    ],
    [
      "has no mode in v1",
      { interactiveMode: "" },
      "",
      /exec\.interactiveMode "": must be Never or IfAvailable$/,
    ],
    ["has an unknown mode", { interactiveMode: "never" }, "", /exec\.interactiveMode "never": must be/],
    [
      "has an older version",
      { apiVersion: "client.authentication.k8s.io/v1alpha1" },
      "",
      /v1alpha1": must be .*\/v1 or/,
    ],
    ["has a variable without name", { env: [{ value: SECRET }] }, "", /has exec\.env without a name$/],
    [
      "is not installed",
      { command: "no-such-plugin", installHint: "\u001b[1mRun:\n brew install it" },
      "",
      /exec plugin no-such-plugin is not installed: \[1mRun: brew install it$/,
    ],
    [
      "fails",
      {},
      `echo "The token ${SECRET.repeat(4)} has ended; run acme login" >&2; echo ${SECRET}; exit 3`,
      /failed with exit code 3: The token \.\.\. has ended; run acme login$/,
    ],
    ["prints something else", {}, `echo ${SECRET}`, /prints no ExecCredential$/],
    ["prints broken JSON", {}, `echo '{"token": "${SECRET}'`, /prints no ExecCredential$/],
    [
      "answers in another version",
      {},
      answer(V1BETA1, { token: SECRET }),
      /must answer in .*\/v1, as the kubeconfig says$/,
    ],
    ["has no status", {}, answer(V1, null), /prints an ExecCredential without status$/],
    ["has nothing", {}, answer(V1, {}), /prints neither a token nor a client certificate$/],
    ["has half a pair", {}, answer(V1, { clientKeyData: SECRET }), /only one of client certificate and key$/],
    ["has a number for a token", {}, answer(V1, { token: 1 }), /status\.token that is no text$/],
    [
      "has no end",
      {},
      answer(V1, { token: SECRET, expirationTimestamp: "soon" }),
      /expirationTimestamp that is no time$/,
    ],
    [
      "has a broken pair",
      {},
      answer(V1, { clientCertificateData: SECRET, clientKeyData: SECRET }),
      /the exec plugin's client certificate is no certificate in PEM$/,
    ],
  ] as const) {
    it(`is reported when it ${what}, without what it prints`, async () => {
      script(commands);
      assert.match(await failureOf({ ...NEVER, ...exec }), message);
    });
  }

  it("is reported when it cannot be executed", async () => {
    appendFileSync(plugin, "");
    assert.match(await failureOf(NEVER), /exec plugin \/.*\/plugin cannot be started \(EACCES\)$/);
  });
});

/** A command that prints an ExecCredential. */
function answer(apiVersion: string, status: object | null): string {
  return `echo '${JSON.stringify({ kind: "ExecCredential", apiVersion, status })}'`;
}
