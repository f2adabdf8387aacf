import assert from "node:assert/strict";
import type { PeerCertificate } from "node:tls";
import { endOf, tlsOptions, trustOnly } from "../../kubernetes/tls.ts";
import { TestAuthority } from "../support/testAuthority.ts";

const CLUSTER = {
  ...{ server: "", tlsServerName: "", insecureSkipTlsVerify: false, certificateAuthority: "" },
  ...{ certificateAuthorityData: undefined, proxyUrl: "", disableCompression: false, execConfig: null },
};

describe("The TLS settings of an API server", () => {
  const named = (subjectaltname: string) => ({ subject: { CN: "a" }, subjectaltname }) as PeerCertificate;

  it("verify subject alternative names only, as Go does", async () => {
    const { pem } = await TestAuthority.root("CN=a");
    for (const { checkServerIdentity: check } of [tlsOptions(CLUSTER, pem, undefined), trustOnly(pem)]) {
      assert.equal(check?.("a", named("DNS:a")), undefined);
      assert.match(check?.("a", named("DNS:b"))?.message ?? "", /does not match/);
      const error = check?.("a", named(""));
      assert.match(error?.message ?? "", /a common name does not count$/);
      assert.equal((error as NodeJS.ErrnoException).code, "ERR_TLS_CERT_ALTNAME_INVALID");
    }
  });

  it("verify the kubeconfig's name, and send it unless it is an address", () => {
    const name = tlsOptions({ ...CLUSTER, tlsServerName: "b" }, undefined, undefined);
    assert.deepEqual([name.servername, name.checkServerIdentity?.("a", named("DNS:b"))], ["b", undefined]);
    const address = tlsOptions({ ...CLUSTER, tlsServerName: "10.0.0.1" }, undefined, undefined);
    const certificate = named("IP Address:10.0.0.1");
    assert.deepEqual(
      [address.servername, address.checkServerIdentity?.("a", certificate)],
      [undefined, undefined],
    );
  });

  it("read a certificate's period of validity", async () => {
    const until = new Date("2030-01-01T00:00:00Z");
    const { pem } = await TestAuthority.root("O=ops, CN=a", { notAfter: until });
    assert.deepEqual(endOf(`a comment\n${pem}`)?.until, until);
    assert.equal(endOf("none"), undefined);
  });
});
