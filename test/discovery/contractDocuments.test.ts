import assert from "node:assert/strict";
import { createServer as createHttpServer, type Server } from "node:http";
import { execFileSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "mocha";
import { type ContractUrl, readContractFile, readContractUrl } from "../../discovery/contractDocuments.ts";
import { SIZE_LIMIT } from "../../federation/contract/contract.ts";
import type { ContractReading } from "../../federation/imports/registration.ts";
import { contractOf } from "../federation/samples.ts";
import { signed } from "../federation/signers.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { makeServerCertificate } from "../support/testAuthority.ts";

const contract = JSON.parse(JSON.stringify(await signed(contractOf()))) as object;

/** Asserts that a reading is {@link contract} with its signature verified. */
function assertRead(reading: ContractReading): void {
  assert.ok("contract" in reading, JSON.stringify(reading));
  assert.deepEqual(reading.contract, contract);
  assert.ok("certificates" in reading.signature, JSON.stringify(reading.signature));
}

describe("readContractFile", () => {
  let folder: string;
  before(async () => (folder = await temporaryFolder("contract-file")));

  const written = (name: string, text: string | Buffer): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  const linked = (name: string, target: string): string => {
    symlinkSync(target, join(folder, name));
    return join(folder, name);
  };
  const pipe = (name: string): string => {
    execFileSync("mkfifo", [join(folder, name)]);
    return join(folder, name);
  };

  it("reads the contract", async () => {
    const file = written("b.json", JSON.stringify(contract));
    assertRead(await readContractFile(file));
  });

  it("reads a contract with a byte order mark and Windows' line ends", async () => {
    const text = JSON.stringify(contract, undefined, 2).replaceAll("\n", "\r\n");
    assertRead(await readContractFile(written("windows.json", `\uFEFF${text}\r\n`)));
  });

  for (const [title, make, reason] of [
    [
      "in another encoding",
      () => written("utf16.json", Buffer.from(`\uFEFF${JSON.stringify(contract)}`, "utf16le")),
      /utf16\.json is not in UTF-8/,
    ],
    [
      "all outputs of the peer's stack",
      () => written("outputs.json", JSON.stringify({ federation: contract, peers: {} })),
      /has all outputs of a stack; .*`pulumi stack output federation --json`/,
    ],
    [
      "the state of the peer's stack",
      () => written("state.json", JSON.stringify({ version: 3, deployment: { resources: [] } })),
      /has the state of a stack, which holds keys; .*`pulumi stack output federation --json`/,
    ],
    ["missing", () => join(folder, "missing.json"), /^file .*missing\.json cannot be read \(ENOENT\)/],
    ["a folder", () => folder, /cannot be read \(no regular file\)/],
    ["a link to a device without end", () => linked("zero.json", "/dev/zero"), /\(no regular file\)/],
    ["a pipe that nobody writes", () => pipe("pipe.json"), /\(no regular file\)/],
    ["a link to itself", () => linked("loop.json", "loop.json"), /\(ELOOP\)/],
    [
      "nested very deep",
      () => written("deep.json", "[".repeat(1e6) + "]".repeat(1e6)),
      /more values or levels/,
    ],
    ["of very many values", () => written("wide.json", `[${"{},".repeat(5e6)}{}]`), /more values or levels/],
    ["empty", () => written("empty.json", ""), /is no JSON document/],
    ["no JSON", () => written("text.json", "---\ncluster: b\n"), /is no JSON document/],
    [
      "too large",
      () => written("large.json", `"${"x".repeat(SIZE_LIMIT)}"`),
      /has more than 33,554,432 bytes/,
    ],
  ] satisfies [string, () => string, RegExp][])
    it(`leaves a peer pending whose file is ${title}`, async () => {
      const reading = await readContractFile(make());
      assert.match("pending" in reading ? reading.pending : "", reason);
    });
});

describe("readContractUrl", () => {
  const servers: Server[] = [];
  let certificate: { cert: string; key: string };
  let origin: string;
  let answer: RequestListener;
  let requests: IncomingMessage[];

  const listen = async (make: (listener: RequestListener) => Server): Promise<number> => {
    const server = make((request, response) => {
      requests.push(request);
      answer(request, response);
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return (server.address() as AddressInfo).port;
  };
  const read = (source: Partial<ContractUrl> = {}) =>
    readContractUrl({
      url: `${origin}/b.json`,
      certificateAuthority: [certificate.cert],
      headers: {},
      ...source,
    });
  const reasonOf = async (source: Partial<ContractUrl> = {}): Promise<string> => {
    const reading = await read(source);
    return "pending" in reading ? reading.pending : JSON.stringify(reading);
  };
  const respond =
    (status: number, body = "", headers: Record<string, string> = {}): RequestListener =>
    (_, response: ServerResponse) =>
      response.writeHead(status, headers).end(body);

  before(async () => {
    certificate = await makeServerCertificate("127.0.0.1");
    origin = `https://127.0.0.1:${await listen((listener) => createServer(certificate, listener))}`;
  });
  after(() => {
    for (const server of servers) server.close();
  });
  beforeEach(() => {
    requests = [];
    answer = respond(200, JSON.stringify(contract));
  });

  it("reads the contract with the configured headers", async () => {
    assertRead(await read({ headers: { authorization: "Bearer s3cret" } }));
    assert.equal(requests[0]?.headers.authorization, "Bearer s3cret");
  });

  for (const [title, listener, reason] of [
    ["404", respond(404, "no such file"), /b\.json answers 404; it is read again/],
    ["503", respond(503), /answers 503/],
    ["401", respond(401), /answers 401/],
    ["no content", respond(204), /answers 204/],
    ["HTML", respond(200, "<html>log in</html>"), /is no JSON document/],
    ["a text that breaks off", respond(200, JSON.stringify(contract).slice(0, -5)), /is no JSON document/],
    ["more than the limit", respond(200, `"${"x".repeat(SIZE_LIMIT)}"`), /has more than 33,554,432 bytes/],
    [
      "a redirect to http",
      respond(302, "", { location: "http://127.0.0.1:1/b.json" }),
      /redirects to an address that is not https/,
    ],
    [
      "a redirect to a file",
      respond(302, "", { location: "file:///etc/passwd" }),
      /redirects to an address that is not https/,
    ],
    ["a redirect to nowhere", respond(302), /redirects to an address that is not https/],
    ["redirects without end", respond(307, "", { location: "/b.json" }), /redirects more than 3 times/],
  ] satisfies [string, RequestListener, RegExp][])
    it(`leaves a peer pending whose server answers ${title}`, async () => {
      answer = listener;
      assert.match(await reasonOf(), reason);
    });

  it("leaves a peer pending whose server breaks the connection", async () => {
    answer = (request) => request.socket.destroy();
    assert.match(await reasonOf(), /cannot be read: /);
  });

  it("leaves a peer pending whose server does not listen", async () => {
    assert.match(await reasonOf({ url: "https://127.0.0.1:1/b.json" }), /cannot be read: .*ECONNREFUSED/);
  });

  it("follows a redirect, and sends secret headers to the configured origin only", async () => {
    const other = `https://127.0.0.1:${await listen((listener) => createServer(certificate, listener))}`;
    const [there] = [new URL(other)];
    answer = (request, response) => {
      if (request.headers.host === there.host) respond(200, JSON.stringify(contract))(request, response);
      else respond(302, "", { location: `${other}/moved.json` })(request, response);
    };
    assertRead(await read({ headers: { authorization: "Bearer s3cret" } }));
    assert.deepEqual(
      requests.map(({ headers: { authorization } }) => authorization),
      ["Bearer s3cret", undefined],
    );
  });

  it("trusts no server but one of the given authority, whatever the environment says", async () => {
    const stranger = await makeServerCertificate("127.0.0.1");
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      assert.match(
        await reasonOf({ certificateAuthority: [stranger.cert] }),
        /has a certificate that is not trusted/,
      );
      assert.match(
        await reasonOf({ certificateAuthority: undefined }),
        /has a certificate that is not trusted/,
      );
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
    assert.equal(requests.length, 0);
  });

  it("quotes neither a header nor the query", async () => {
    answer = respond(500);
    const url = `${origin}/b.json?token=s3cret`;
    assert.doesNotMatch(await reasonOf({ url, headers: { authorization: "s3cret" } }), /s3cret/);
  });

  it("asks no server that speaks plain HTTP", async () => {
    const port = await listen((listener) => createHttpServer(listener));
    assert.match(await reasonOf({ url: `https://127.0.0.1:${port}/b.json` }), /cannot be read/);
    assert.equal(requests.length, 0);
  });
});
