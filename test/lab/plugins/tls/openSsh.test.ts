import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { formatOpenSsh, parseOpenSsh } from "../../../../lab/plugins/tls/openSsh.ts";

/** Made by ssh-keygen for this test alone; its comment is `somebody@somewhere`. */
const PRIVATE = `
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS
1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQTi5r/JkZ3GzHlKe3Y/rlfS3fqRboIq
PIDq9EbPvyBOAzqEva6Z1w1tUmDPIkobI8NBZTtwTSpGPhN0DZSGSA0nAAAAsCxIqbEsSK
mxAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBOLmv8mRncbMeUp7
dj+uV9Ld+pFugio8gOr0Rs+/IE4DOoS9rpnXDW1SYM8iShsjw0FlO3BNKkY+E3QNlIZIDS
cAAAAhAJSowkYU00v8WuMA4CkT7w64xZt5NottOyZ/XkGxBPNyAAAAEnNvbWVib2R5QHNv
bWV3aGVyZQECAwQF
`;
/** Lines that `ssh-keygen -y`, `-l -E md5` and `-l` print of the key. */
const PUBLIC = {
  publicKeyOpenssh:
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBOLmv8mRncbMeUp7dj+uV9Ld+pFugio8gOr0Rs+/IE4DOoS9rpnXDW1SYM8iShsjw0FlO3BNKkY+E3QNlIZIDSc=\n",
  publicKeyFingerprintMd5: "3d:59:f3:09:84:30:62:51:51:f2:56:dc:bb:c9:e7:10",
  publicKeyFingerprintSha256: "SHA256:7n/Pk2as6s9TmmO6BmQS4m+hLlr1M36/HFmCscK8ZqM",
};
const inPem = (body: string): string =>
  `-----BEGIN OPENSSH PRIVATE KEY-----${body}-----END OPENSSH PRIVATE KEY-----\n`;

describe("A key in OpenSSH's format", () => {
  it("is read, and its public forms are those of ssh-keygen", () => {
    const { privateKeyOpenssh, ...publicForms } = formatOpenSsh(parseOpenSsh(inPem(PRIVATE)));
    assert.deepEqual(publicForms, PUBLIC);
    assert.match(privateKeyOpenssh, /^-----BEGIN OPENSSH PRIVATE KEY-----\n(.{1,64}\n)+-----END/);
  });

  const keys = {
    "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
    "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
    "P-521": generateKeyPairSync("ec", { namedCurve: "P-521" }),
    RSA: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    Ed25519: generateKeyPairSync("ed25519"),
  };
  for (const [kind, { privateKey }] of Object.entries(keys)) {
    it(`is read as it was written: ${kind}`, () => {
      assert.ok(parseOpenSsh(formatOpenSsh(privateKey).privateKeyOpenssh).equals(privateKey));
    });
  }

  it("does not exist for P-224: the forms are empty", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "secp224r1" });
    assert.deepEqual(new Set(Object.values(formatOpenSsh(privateKey))), new Set([""]));
  });

  it("is refused with a passphrase", () => {
    const encrypted = Buffer.from(PRIVATE, "base64").toString("latin1").replace("none", "aes2");
    assert.throws(
      () => parseOpenSsh(inPem(Buffer.from(encrypted, "latin1").toString("base64"))),
      /without a passphrase/,
    );
  });
});
