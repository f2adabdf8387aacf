import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chainVerifier } from "../../../lab/tools/build.ts";

/** A chain to verify: PEM texts. */
export interface Chain {
  trusted: string[];
  untrusted: string[];
  leaf: string;
}

/** Returns "ok", or the verifier's message about a chain. */
export type Verify = (chain: Chain) => string;

/** A certificate authority that istiod is to sign with: the files of Secret `cacerts`, PEM, and the names that istiod signs for. */
export interface SigningAuthority {
  certificate: string;
  key: string;
  chain: string;
  root: string;
  trustDomain: string;
  hosts: readonly string[];
}

/** Returns "ok", or Go's message, about each chain or authority. */
export type GoVerifier = (chains: readonly (Chain | { authority: SigningAuthority })[]) => string[];

/** Builds the verifier of lab/tools/chains where that has not been done. @returns undefined where there is no Go. */
export async function goVerifier(): Promise<GoVerifier | undefined> {
  if (!runs("go", "version")) return undefined;
  const program = await chainVerifier(() => undefined);
  return (chains) => {
    const input = chains.map((chain) => JSON.stringify(chain)).join("\n");
    return execFileSync(program, { input, encoding: "utf8" }).trimEnd().split("\n");
  };
}

/** Skips a suite with a message where its verifier is not installed. @param name of the verifier. */
export function orSkip<T>(found: T | undefined, name: string, context: Mocha.Context): T {
  if (found !== undefined) return found;
  console.log(`      skipped: there is no ${name} on this machine`);
  return context.skip();
}

/** Verifiers on this machine; they work in a folder of their own. */
export class Verifiers {
  private readonly folder = mkdtempSync(join(tmpdir(), "istio-federation-chains-"));

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  /**
   * `openssl verify`: Envoy's BoringSSL has its rules from there.
   * @param options e.g. `-partial_chain`, with which any trusted certificate ends a chain.
   * @returns undefined where there is no openssl.
   */
  openssl(...options: string[]): Verify | undefined {
    if (!runs("openssl", "version")) return undefined;
    return ({ trusted, untrusted, leaf }) => {
      const files = ["-CAfile", this.write("trusted.pem", trusted.join("\n"))];
      if (untrusted.length > 0) files.push("-untrusted", this.write("untrusted.pem", untrusted.join("\n")));
      const parameters = ["verify", ...options, ...files, this.write("leaf.pem", leaf)];
      const { stdout, stderr, status } = spawnSync("openssl", parameters, { encoding: "utf8" });
      if (status === 0) return "ok";
      return /error \d+ at \d+ depth lookup: *(.*)/.exec(stderr)?.[1] ?? `${stdout}${stderr}`;
    };
  }

  /**
   * Go's crypto/x509, which takes any trusted certificate as the end of a chain.
   * @returns undefined where there is no Go.
   */
  async go(): Promise<Verify | undefined> {
    const program = await goVerifier();
    return program && ((chain) => program([{ ...chain }])[0] ?? "");
  }

  private write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }
}

function runs(program: string, ...parameters: string[]): boolean {
  return spawnSync(program, parameters).status === 0;
}
