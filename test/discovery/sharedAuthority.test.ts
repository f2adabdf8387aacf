import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { survey } from "../../discovery/survey.ts";
import type { StackConfig } from "../../federation/config/stackConfig.ts";
import { signRequest } from "../../federation/authority/signRequest.ts";
import { OWN_STACK, faultsError, withStacks } from "./support.ts";
import { ROOT_A, contractOf, validConfig } from "../federation/samples.ts";
import { FakeApiServer } from "../providers/support/fakeApiServer.ts";
import { writeNowhere } from "../providers/support/kubeconfigFile.ts";
import { signedInputs } from "../providers/support/signedInputs.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { testRequest } from "../support/testRequest.ts";

const ROOT_STACK = "organization/istio-federation/root-ca";

describe("A survey of a cluster under a shared root", () => {
  let config: StackConfig;
  let request: string;
  let root: TestAuthority;
  let certificate: string;

  before(async () => {
    config = validConfig(
      {
        cluster: { name: "cluster-a", domain: "cluster-a.local", trustDomain: "b.local" },
        kubeconfig: await writeNowhere(),
        certificateAuthority: { source: "shared", shared: { stack: "root-ca" } },
        gateway: { advertise: [{ address: "203.0.113.10" }] },
      },
      "cluster-a",
    );
    root = await TestAuthority.root("O=shared", { notAfter: new Date(Date.now() + 1e11) });
    const asked = await testRequest("O=b.local, CN=Intermediate CA");
    request = asked.pem;
    certificate = signRequest(signedInputs(root, asked), undefined, new Date(), randomBytes).certificate;
  });

  const signed = (): Record<string, unknown> => ({
    rootCertificates: [root.pem],
    signedCertificates: { "cluster-a": certificate },
  });
  const running = () =>
    contractOf({
      cluster: "cluster-a",
      clusterDomain: "cluster-a.local",
      rootCertificates: [ROOT_A],
      services: {},
    });

  it("says only that it waits, as nothing else can be made yet", async () => {
    await withStacks({});
    const found = await survey(config);
    assert.deepEqual(Object.keys(found).sort(), ["intermediate", "notes", "warnings"]);
    assert.deepEqual(found.warnings, [
      `Cluster cluster-a waits for its certificate: stack ${ROOT_STACK} does not exist, or you may not read it; run \`pulumi up\` on it, then here. Until then only its key and its signing request are made`,
    ]);
  });

  it("does not wait where Istio is installed, as by an update that failed late: it would be taken away", async () => {
    const server = await FakeApiServer.start();
    try {
      server.answerBy((asked) =>
        asked.includes("/secrets/cacerts")
          ? { status: 200, body: { metadata: { name: "cacerts" } } }
          : { status: 200, body: { items: [] } },
      );
      await withStacks({});
      const { message } = await faultsError(
        survey({ ...config, kubeconfig: server.kubeconfig as typeof config.kubeconfig }),
      );
      assert.match(
        message,
        /whose Istio is installed \(Secret istio-system\/cacerts\) and would be taken away/,
      );
    } finally {
      server.stop();
    }
  });

  it("finds what was signed for it", async () => {
    await withStacks({ [OWN_STACK]: { certificateRequest: request }, [ROOT_STACK]: signed() });
    const found = await survey(config);
    assert.ok("authority" in found && "shared" in found.authority);
    assert.equal(found.authority.shared.certificate, certificate);
    assert.deepEqual(found.notes, [
      `the root of stack root-ca is trusted from now on: SHA-256 ${root.fingerprint}`,
    ]);
  });

  it("falls back on what it had, also with a key that it made when its root was its own", async () => {
    const contract = { ...running(), trustDomain: "b.local" };
    const issued = { certificate, rootCertificates: [`${root.pem}\n`], intermediate: 2 };
    await withStacks({ [OWN_STACK]: { federation: contract, certificateRequest: request, issued } });
    const found = await survey(config);
    assert.ok("authority" in found);
    assert.deepEqual(found.authority, { shared: issued });
    assert.match(found.warnings.join("\n"), /^The certificate last signed for cluster-a stays: /m);
  });

  it("moves over from a root of its own with the key that it has, once that is signed, and not before", async () => {
    const since = "2026-11-21T10:00:00Z";
    const rotation = { root: 2, phase: "drop", since, roots: {}, signedUntil: {} };
    const own = {
      federation: { ...running(), trustDomain: "b.local" },
      certificateRequest: request,
      rotation,
    };
    await withStacks({
      [OWN_STACK]: own,
      [ROOT_STACK]: { rootCertificates: [root.pem], signedCertificates: {} },
    });
    const { faults } = await faultsError(survey(config));
    assert.match(
      faults[0]?.rule ?? "",
      /which runs and would be left without one: its request is published, and stack root-ca has not signed it/,
    );
    await withStacks({ [OWN_STACK]: own, [ROOT_STACK]: signed() });
    const found = await survey(config);
    assert.ok("authority" in found && "shared" in found.authority);
    assert.equal(found.authority.shared.intermediate, 2);
  });

  it("stops where the root's stack cannot be read, and tells that with all other faults", async () => {
    const peers = { b: { stack: "o/p/b" } };
    await withStacks({
      [ROOT_STACK]: new Error("incorrect passphrase"),
      "o/p/b": new Error("permission denied"),
    });
    const raw = { ...config, peers };
    const { faults } = await faultsError(survey(raw));
    assert.deepEqual(
      faults.map(({ path, value }) => [path, value]),
      [
        ["peers.b.stack", "o/p/b"],
        ["certificateAuthority.shared.stack", ROOT_STACK],
      ],
    );
  });
});
