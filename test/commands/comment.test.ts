import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { CHECKOUT } from "../../lab/environment.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";

const OURS = "<!-- istio-federation cluster-a -->\n";

describe("npm run comment", function () {
  this.timeout(60_000);
  let comments: { id: number; body: string }[];
  let requests: string[];
  let status = 200;
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(comments));
  });
  let plan: string;
  before(async () => {
    plan = join(await temporaryFolder("comment"), "plan.md");
    await writeFile(plan, "## Preview of cluster-a\n");
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => server.close());
  beforeEach(() => {
    requests = [];
    comments = [];
    status = 200;
  });

  const comment = (env: Record<string, string> = {}) =>
    execa(process.execPath, [join(CHECKOUT, "commands/comment.ts"), "cluster-a", plan], {
      env: {
        ...{ GITHUB_TOKEN: "t0k3n", GITHUB_REPOSITORY: "acme/clusters", PULL_REQUEST: "7" },
        GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        ...env,
      },
      reject: false,
    });

  it("makes a comment where the stack has none", async () => {
    comments = [
      { id: 1, body: "hello" },
      { id: 2, body: "<!-- istio-federation cluster-b -->\n" },
    ];
    assert.equal((await comment()).exitCode, 0);
    assert.deepEqual(requests, [
      "GET /repos/acme/clusters/issues/7/comments?per_page=100&page=1",
      "POST /repos/acme/clusters/issues/7/comments",
    ]);
  });

  it("replaces the stack's own", async () => {
    comments = [{ id: 42, body: `${OURS}old` }];
    await comment();
    assert.equal(requests[1], "PATCH /repos/acme/clusters/issues/comments/42");
  });

  it("fails without the right or a setting, and does not say the token", async () => {
    status = 403;
    const { exitCode, stderr } = await comment();
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /answers 403: does the token write pull requests\?/);
    assert.ok(!stderr.includes("t0k3n"));
    assert.match((await comment({ PULL_REQUEST: "" })).stderr, /\$PULL_REQUEST is not set/);
  });
});
