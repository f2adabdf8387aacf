import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type LastAuthority, type RootReading, decideShared } from "../../../federation/authority/shared.ts";
import { signRequest } from "../../../federation/authority/signRequest.ts";
import { KUBECONFIG, faultsThrown, validConfig } from "../samples.ts";
import { signedInputs } from "../../providers/support/authorityInputs.ts";
import { type AuthorityOptions, TestAuthority } from "../../support/testAuthority.ts";
import { type TestRequest, testRequest } from "../../support/testRequest.ts";

const NOW = new Date();
const YEAR = 8760 * 3_600_000;
const SUBJECT = "O=b.local, CN=Intermediate CA";
const PATH = "certificateAuthority.shared.stack";

describe("A cluster under a shared root", () => {
  let root: TestAuthority;
  let other: TestAuthority;
  let request: TestRequest;
  let certificate: string;
  let last: LastAuthority;

  const rootOf = (name: string, options: AuthorityOptions = {}): Promise<TestAuthority> =>
    TestAuthority.root(name, { notAfter: new Date(NOW.getTime() + 10 * YEAR), ...options });
  const sign = (by: TestAuthority, what: { pem: string }, change: object = {}): string =>
    signRequest({ ...signedInputs(by, what), ...change }, undefined, NOW, randomBytes).certificate;

  before(async () => {
    root = await rootOf("O=shared, CN=Root CA");
    other = await rootOf("O=other, CN=Root CA");
    request = await testRequest(SUBJECT);
    certificate = sign(root, request);
    last = { request: request.pem, issued: undefined, isRunning: false, roots: [], intermediate: 1 };
  });

  const published = (signed: unknown, roots: unknown = [root.pem]): RootReading => ({
    outputs: { rootCertificates: roots, signedCertificates: signed },
  });
  const issued = (intermediate = 1) => ({ certificate, rootCertificates: [canonical(root)], intermediate });
  const canonical = ({ pem }: TestAuthority): string => `${pem}\n`;

  /** @param config fields of `certificateAuthority.shared`, and istiod's Helm values. */
  function decide(
    reading: RootReading,
    was: LastAuthority = last,
    config: { shared?: object; istiod?: object } = {},
    now = NOW,
  ) {
    const raw = {
      cluster: { name: "cluster-b", domain: "b.local" },
      kubeconfig: KUBECONFIG,
      certificateAuthority: { source: "shared", shared: { stack: "root-ca", ...config.shared } },
      istio: { values: { istiod: config.istiod ?? {} } },
    };
    return decideShared(validConfig(raw, "cluster-b"), reading, was, now);
  }

  const faults = (...args: Parameters<typeof decide>): string[] => faultsThrown(() => decide(...args));

  it("uses the intermediate issued for its key", () => {
    const { authority, warnings, notes } = decide(published({ "cluster-b": certificate }), {
      ...last,
      intermediate: 2,
    });
    assert.deepEqual(authority, { ...issued(2), former: undefined });
    assert.deepEqual(warnings, []);
    assert.deepEqual(notes, [
      `the root of stack root-ca is trusted from now on: SHA-256 ${root.fingerprint}`,
    ]);
  });

  it("logs nothing while the root stays", () => {
    const running = { ...last, isRunning: true, issued: issued() };
    assert.deepEqual(decide(published({ "cluster-b": certificate }), running).notes, []);
  });

  describe("without an intermediate waits,", () => {
    const reasonOf = (reading: RootReading, was: LastAuthority = last): string => {
      const { authority, warnings } = decide(reading, was);
      assert.ok("waiting" in authority);
      assert.deepEqual(warnings, [authority.waiting]);
      return authority.waiting;
    };

    it("for the root's stack", () => {
      assert.equal(
        reasonOf({ pending: "stack o/p/root-ca does not exist; run `pulumi up` on it, then here" }),
        "Cluster cluster-b waits for its certificate: stack o/p/root-ca does not exist; run `pulumi up` on it, then here. " +
          "Until then only its key and its signing request are made",
      );
    });

    it("for the first update of that stack as a shared root", () => {
      for (const outputs of [{}, { federation: {} }, { rootCertificates: [], signedCertificates: {} }])
        assert.match(
          reasonOf({ outputs }),
          /stack root-ca publishes no shared root; run `pulumi up` on it, then here\./,
        );
    });

    it("for its own first update, which publishes its signing request", () => {
      const was = { ...last, request: undefined };
      assert.match(
        reasonOf(published({}), was),
        /its request is published by this update, and stack root-ca has not signed it; list it there in rootAuthority\.clusters, and run `pulumi up` on stack root-ca, then here/,
      );
      assert.match(
        reasonOf(published({ "cluster-b": certificate }), was),
        /has signed another request than it makes/,
      );
    });

    it("for another certificate when its trust domain changed", async () => {
      const before = await testRequest("O=old.local, CN=Intermediate CA");
      const signed = published({ "cluster-b": sign(root, before, { trustDomain: "old.local" }) });
      assert.match(
        reasonOf(signed, { ...last, request: before.pem }),
        /has signed another request than it makes/,
      );
    });

    it("to be listed in the root's config", () => {
      assert.match(
        reasonOf(published({ "cluster-a": certificate })),
        /its request is published, and stack root-ca has not signed it/,
      );
    });

    it("for a certificate with its present key", async () => {
      const foreign = sign(root, await testRequest(SUBJECT));
      for (const signed of [foreign, "?"])
        assert.match(
          reasonOf(published({ "cluster-b": signed })),
          /root-ca has signed another request than it makes; run `pulumi up` on stack root-ca/,
        );
    });
  });

  it("keeps its intermediate with a warning, whatever happens to the root's stack", () => {
    const running = { ...last, isRunning: true, issued: issued() };
    for (const reading of [{ pending: "stack root-ca is gone" }, { outputs: {} }, published({})]) {
      const { authority, warnings } = decide(reading, running);
      assert.deepEqual(authority, issued());
      assert.match(warnings.join(), /^The last certificate issued for cluster-b is kept: /);
    }
  });

  it("does not keep an intermediate without the configured istiod hosts", () => {
    const running = { ...last, isRunning: true, issued: issued() };
    const istiod = { env: { ISTIOD_CUSTOM_HOST: "istiod.example.com" } };
    assert.match(
      faults({ pending: "stack root-ca is gone" }, running, { istiod }).join(),
      /is not valid for istiod\.example\.com, by which istiod is reached/,
    );
  });

  it("has a fault when it moves to a root that has not issued a certificate", async () => {
    const strange = { ...issued(), certificate: sign(root, await testRequest(SUBJECT)) };
    for (const was of [{ isRunning: true }, { isRunning: true, issued: strange }]) {
      const [fault, ...more] = faults(published({}), { ...last, ...was });
      assert.match(
        fault ?? "",
        /^certificateAuthority\.shared\.stack: has no certificate for this cluster, which runs and would be left without one: /,
      );
      assert.deepEqual(more, []);
    }
  });

  it("refuses another root than the pinned one", () => {
    const running = { ...last, isRunning: true, issued: issued() };
    const moved = published({ "cluster-b": sign(other, request) }, [other.pem]);
    const [fault] = faults(moved, running);
    assert.equal(
      fault,
      `${PATH}: has another root: SHA-256 ${root.fingerprint} -> ${other.fingerprint}, which is not among those pinned since it first signed for this cluster`,
    );
    const { notes } = decide(moved, running, { shared: { roots: [other.fingerprint.toLowerCase()] } });
    assert.deepEqual(notes, [
      `root of stack root-ca changes: SHA-256 ${root.fingerprint} -> ${other.fingerprint}`,
    ]);
    const [first] = faults(published({ "cluster-b": certificate }), last, {
      shared: { roots: [other.fingerprint] },
    });
    assert.match(first ?? "", /has another root: .* which is not among those in the config$/);
  });

  it("trusts its former root until its workloads' certificates are renewed", () => {
    const reading = published({ "cluster-b": certificate });
    const moved = decide(reading, { ...last, isRunning: true, roots: [canonical(other)] }).authority;
    assert.ok("former" in moved);
    assert.deepEqual(moved.former?.rootCertificates, [canonical(other)]);
    const running = { ...last, isRunning: true, roots: [canonical(root)], issued: moved };
    assert.deepEqual(decide(reading, running).authority, moved);
    const later = decide(reading, running, {}, new Date(NOW.getTime() + 26 * 3_600_000));
    assert.deepEqual(later.authority, { ...issued(), former: undefined });
    assert.match(later.notes.join(), /is no longer trusted here/);
  });

  it("accepts fewer roots with a note, but needs its issuer's", () => {
    const two = { ...issued(), rootCertificates: [canonical(root), canonical(other)] };
    const { notes } = decide(published({ "cluster-b": certificate }), {
      ...last,
      isRunning: true,
      issued: two,
    });
    assert.match(notes.join(), /^root of stack root-ca changes: SHA-256 .*, .* -> /);
    assert.deepEqual(faults(published({ "cluster-b": certificate }, [other.pem])), [
      `${PATH}: has signed a certificate for this cluster which is issued by none of the roots that it publishes`,
    ]);
  });

  it("reports all faults of the issued certificate", async () => {
    const late = new Date(NOW.getTime() + 6 * YEAR);
    const key = request.key;
    const wrong = faults(
      published({ "cluster-b": sign(root, request) }, [root.pem, "?", key]),
      last,
      {},
      late,
    );
    assert.equal(wrong.length, 3);
    assert.match(
      wrong.join("\n"),
      /\(2 of 3\) which is not one certificate in PEM.*\n.*\(3 of 3\).*\n.*which has expired on/,
    );
    assert.ok(!wrong.join().includes(key.slice(40, 60)));
    const leaf = await TestAuthority.of(certificate, key);
    const ownLeaf = (await leaf.again({ isCa: false })).pem;
    assert.match(
      faults(published({ "cluster-b": ownLeaf })).join(),
      /has published no valid certificate for this cluster, which must be one PEM certificate of a CA/,
    );
  });

  it("has a certificate for its own trust domain", async () => {
    const ofAnother = sign(root, request, { trustDomain: "a.local" });
    const unconstrained = (await (await TestAuthority.of(certificate, request.key)).again()).pem;
    for (const signed of [ofAnother, unconstrained]) {
      assert.match(
        faults(published({ "cluster-b": signed })).join(),
        /has signed a certificate for this cluster which is not valid for its trust domain(?: alone)?, b\.local$/m,
      );
    }
  });

  it("has a certificate for the hosts of its istiod", () => {
    const reached = (discoveryAddress: string) => ({
      istiod: {
        env: { ISTIOD_CUSTOM_HOST: discoveryAddress.replace(/:\d+$/, "") },
        meshConfig: { defaultConfig: { discoveryAddress } },
      },
    });
    const reading = published({ "cluster-b": certificate });
    assert.deepEqual(faults(reading, last, reached("istiod.istio-system.svc:15012")), []);
    for (const host of ["127.20.0.2", "istiod.b.example", "xistio-system.svc"])
      assert.match(
        faults(reading, last, reached(`${host}:15012`)).join(),
        new RegExp(`is not valid for ${host}, by which istiod is reached`),
      );
    const listed = published({ "cluster-b": sign(root, request, { istiodHosts: ["127.20.0.2"] }) });
    assert.deepEqual(faults(listed, last, reached("127.20.0.2:15012")), []);
  });
});
