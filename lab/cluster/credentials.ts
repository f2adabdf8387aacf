import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Secrets of one API server; each start of the lab makes new ones. */
export interface Credentials {
  /** Bearer token of a user in `system:masters`. */
  readonly adminToken: string;
  /** File for `--token-auth-file`. */
  readonly tokenFile: string;
  /** PEM files of the key pair that signs service account tokens. */
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
}

/** Makes the credentials as files, readable by the owner only. @param folder exists already. */
export function makeCredentials(folder: string): Credentials {
  const adminToken = randomBytes(32).toString("hex");
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const write = (name: string, content: string | Buffer): string => {
    const file = join(folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  };
  return {
    adminToken,
    tokenFile: write("tokens.csv", `${adminToken},admin,admin,"system:masters"\n`),
    serviceAccountKey: write("service-account.key", privateKey.export({ type: "sec1", format: "pem" })),
    serviceAccountPublicKey: write("service-account.pub", publicKey.export({ type: "spki", format: "pem" })),
  };
}
