import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FaultSite, failing } from "../support/faultSite.ts";
import { FaultsFixture } from "../support/faultsFixture.ts";
import { sharedCluster } from "../support/sharedCluster.ts";
import { allowAll } from "../support/rbac.ts";
import { ServiceAccount } from "../support/serviceAccount.ts";

const SERVICES = 100;

describe("Credentials that are no longer valid", () => {
  let fixture: FaultsFixture;
  let site: FaultSite;
  let account: ServiceAccount;

  before(async () => {
    fixture = await FaultsFixture.start(await sharedCluster());
    site = await fixture.site("credentials");
    account = await ServiceAccount.make(fixture.cluster, site.namespace);
    await allowAll(fixture.cluster, account.user);
  });

  after(() => fixture.stop());

  beforeEach(() => site.clear());

  /** Inputs with a kubeconfig of that user. */
  function as(user: object, inputs = site.inputs(SERVICES)): Record<string, unknown> {
    return site.as("tester", user, inputs);
  }

  /** A user whose token a command prints: the first one that is in the file, which it takes out. */
  function execUser(tokens: string[]): { user: object; left: () => string[] } {
    const file = join(fixture.cluster.folder, "tokens");
    writeFileSync(file, tokens.map((token) => `${token}\n`).join(""));
    const script =
      `printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' ` +
      `"$(head -n 1 ${file})"; sed -i 1d ${file}`;
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      interactiveMode: "Never",
      command: "/bin/sh",
      args: ["-c", script],
    };
    return {
      user: { exec },
      left: () =>
        readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => line !== ""),
    };
  }

  it("fail before any change with an expired token, which the error does not show", async () => {
    await site.create(as({ token: account.token(60) }, site.inputs(1)));
    const expired = account.token(-60);
    const { text, state } = await failing(site.create(as({ token: expired })));
    assert.match(
      text,
      /cluster context "tester": cannot list .*: 401 Unauthorized: the API server does not accept this context's credentials; the token of user "tester" expired on \S+Z\. Log in again, or give the context's user others in the kubeconfig, then try again\. Nothing was changed/,
    );
    assert.equal(state, undefined);
    assert.equal(text.includes(expired), false);
  });

  it("stop the update when a token is revoked midway, and the next update finishes", async () => {
    site.proxy.inject((method, index) =>
      method === "PATCH" && index >= 50 ? { status: 401, body: { kind: "Status", code: 401 } } : undefined,
    );
    const failed = await failing(site.create(site.inputs(SERVICES)));
    assert.match(failed.text, /^50 of 100 services are registered as declared\. Stopped with \d+ not tried/);
    assert.match(failed.text, /401 Unauthorized: /);
    assert.equal(failed.state?.imported, 50);
    site.proxy.heal();
    await site.assertFinishes(failed, site.inputs(SERVICES));
  });

  it("are read again from the kubeconfig when a token is renewed midway", async () => {
    const inputs = as({ token: account.token(60) });
    site.proxy.inject((method, index) => {
      if (method !== "PATCH" || index !== 50) return undefined;
      as({ token: account.token(120) });
      return { status: 401, body: { kind: "Status", code: 401 } };
    });
    assert.equal((await site.create(inputs)).imported, SERVICES);
    assert.equal(site.proxy.faults, 1);
  });

  it("are requested anew from an exec plugin, once for all requests", async () => {
    const { user, left } = execUser([account.token(-60), account.token(60), "unused"]);
    const inputs = as(user);
    assert.equal((await site.create(inputs)).imported, SERVICES);
    await site.assertThere(inputs);
    assert.deepEqual(left(), ["unused"]);
  });

  it("are reported with the error output of a failing exec plugin", async () => {
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      interactiveMode: "Never",
      command: "/bin/sh",
      args: ["-c", "echo session has ended >&2; exit 1"],
    };
    const { text } = await failing(site.create(as({ exec })));
    assert.match(
      text,
      /cluster context "tester": cannot get the credentials of its user: exec plugin \/bin\/sh failed with exit code 1: session has ended\. Nothing was changed/,
    );
  });

  it("are not shown in the error when an exec plugin prints a bare token", async () => {
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      interactiveMode: "Never",
      command: "/bin/echo",
      args: ["s3cr3t-t0k3n"],
    };
    const { text } = await failing(site.create(as({ exec })));
    assert.match(text, /exec plugin \/bin\/echo prints no ExecCredential\. Nothing was changed/);
    assert.doesNotMatch(text, /s3cr/);
  });
});
