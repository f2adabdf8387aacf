import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:https";
import { join } from "node:path";
import { execa } from "execa";
import { CHECKOUT } from "../../lab/environment.ts";
import { makeServerCertificate } from "../support/testAuthority.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { provider, tell } from "../../providers/contractNotification.ts";
import { fakeApiServer, NOT_FOUND } from "./support/fakeApiServer.ts";

const CONTRACT = { cluster: "cluster-a", revision: 7, digest: "ab".repeat(32) };
const SECRET = "s3cr3t-t0k3n";

/** A request as the notified server got it. */
interface Received {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

describe("A contract's notification", function () {
  this.timeout(60_000);

  const hook = { url: "https://x.example/" };
  const diffs: [string, object, boolean][] = [
    [
      "is no news with the same digest, whatever the revision",
      { contract: { ...CONTRACT, revision: 8 } },
      false,
    ],
    ["is news with another digest", { contract: { ...CONTRACT, digest: "cd".repeat(32) } }, true],
    ["is no news where only the way to the place changes", { target: { ...hook, secretEnv: "X" } }, false],
  ];
  for (const [title, news, changes] of diffs)
    it(title, async () => {
      const told = { target: hook, contract: CONTRACT };
      assert.deepEqual(await provider.diff("id", told as never, { ...told, ...news } as never), { changes });
    });

  describe("by HTTPS", () => {
    const received: Received[] = [];
    let status = 204;
    let place: string;
    let server: ReturnType<typeof createServer>;
    let trust: string;
    before(async () => {
      const certificate = await makeServerCertificate("127.0.0.1");
      trust = join(await temporaryFolder("notification"), "ca.pem");
      await writeFile(trust, certificate.cert);
      server = createServer(certificate, (request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          received.push({
            path: request.url ?? "",
            headers: request.headers,
            body: Buffer.concat(chunks).toString(),
          });
          response.writeHead(status).end();
        });
      });
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      place = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => server.close());
    beforeEach(() => {
      received.length = 0;
      status = 204;
    });

    /** Creates the resource in a process that trusts the server, as Pulumi's process of providers does. */
    const tellServer = (target: object, env: Record<string, string> = {}) => {
      const inputs = JSON.stringify({ target, contract: CONTRACT });
      const code = `const { tell } = await import(${JSON.stringify(join(CHECKOUT, "providers/contractNotification.ts"))});
        await tell(${inputs}).catch((error) => { console.error(error.message); process.exit(1); });`;
      const options = { env: { ...env, NODE_EXTRA_CA_CERTS: trust }, reject: false };
      return execa(process.execPath, ["--input-type=module", "-e", code], options);
    };

    it("is an event of a repository, with the token of the variable", async () => {
      const target = { repository: "acme/clusters", api: `${place}/api/v3/`, tokenEnv: "DISPATCH" };
      const { exitCode } = await tellServer(target, { DISPATCH: SECRET });
      assert.equal(exitCode, 0);
      const [{ path, headers, body } = assert.fail("nothing was sent")] = received;
      assert.equal(path, "/api/v3/repos/acme/clusters/dispatches");
      assert.equal(headers["authorization"], `Bearer ${SECRET}`);
      assert.deepEqual(JSON.parse(body), {
        event_type: "istio-federation-contract",
        client_payload: CONTRACT,
      });
    });

    it("is a signed call of a webhook", async () => {
      await tellServer({ url: `${place}/hook?a=1`, secretEnv: "HOOK" }, { HOOK: SECRET });
      const [{ path, headers, body } = assert.fail("nothing was sent")] = received;
      assert.equal(path, "/hook?a=1");
      assert.deepEqual(JSON.parse(body), CONTRACT);
      const signature = createHmac("sha256", SECRET).update(body).digest("hex");
      assert.equal(headers["x-istio-federation-signature-256"], `sha256=${signature}`);
    });

    it("fails at once after a refusal, and says so without the secret", async () => {
      status = 404;
      const { stderr, exitCode } = await tellServer(
        { url: `${place}/hook?key=${SECRET}`, secretEnv: "HOOK" },
        { HOOK: SECRET },
      );
      assert.match(
        stderr,
        /\/hook was not told of the new contract: .*answers 404\. The contract is published; the next `pulumi up`/,
      );
      assert.ok(!stderr.includes(SECRET));
      assert.deepEqual([received.length, exitCode], [1, 1]);
    });

    it("is tried again while the server has an error", async () => {
      status = 503;
      await tellServer({ url: `${place}/hook` });
      assert.equal(received.length, 3);
    });

    it("fails without the variable, and sends nothing", async () => {
      const { stderr } = await tellServer({ url: `${place}/hook`, secretEnv: "HOOK" });
      assert.match(stderr, /environment variable HOOK is not set/);
      assert.equal(received.length, 0);
    });
  });

  describe("of a Stack of Pulumi's operator", () => {
    const server = fakeApiServer();
    const STACK = {
      apiVersion: "pulumi.com/v1",
      kind: "Stack",
      metadata: { namespace: "pulumi", name: "b" },
      spec: {},
    };
    const tellStack = () => {
      const { path, context } = server.kubeconfig;
      return tell({
        target: { operatorStack: { namespace: "pulumi", name: "b", path, context } },
        contract: CONTRACT,
      } as never);
    };

    it("is its annotation, and none is written twice", async () => {
      server.answer({ status: 200, body: STACK });
      await tellStack();
      assert.deepEqual(
        server.requests.map((each) => each.split(" ")[0]),
        ["GET", "PUT"],
      );
      const annotations = { "pulumi.com/reconciliation-request": CONTRACT.digest };
      server.answer({ status: 200, body: { ...STACK, metadata: { ...STACK.metadata, annotations } } });
      await tellStack();
      assert.deepEqual(
        server.requests.map((each) => each.split(" ")[0]),
        ["GET"],
      );
    });

    it("fails where there is no such Stack", async () => {
      server.answer(NOT_FOUND);
      await assert.rejects(tellStack(), /Stack pulumi\/b does not exist/);
    });
  });
});
