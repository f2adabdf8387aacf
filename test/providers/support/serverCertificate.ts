import "reflect-metadata";
import { KeyUsageFlags } from "@peculiar/x509";
import { TestAuthority } from "../../support/testAuthority.ts";

/** Makes a certificate that signs itself, and its key, both PEM, for a test's server on an IP address. */
export async function makeServerCertificate(address: string): Promise<{ cert: string; key: string }> {
  const server = await TestAuthority.root(`CN=${address}`, {
    isCa: false,
    keyUsage: KeyUsageFlags.digitalSignature,
    names: [{ type: "ip", value: address }],
  });
  return { cert: server.pem, key: server.keyPem() };
}
