import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A chain to verify: PEM texts. */
export interface Chain {
  trusted: string[];
  untrusted: string[];
  leaf: string;
}

/** Returns "ok", or the verifier's message about a chain. */
export type Verify = (chain: Chain) => string;

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
  go(): Verify | undefined {
    if (!runs("go", "version")) return undefined;
    const program = join(this.folder, "verify");
    const env = {
      ...process.env,
      GOTOOLCHAIN: "local",
      GOPROXY: "off",
      GOFLAGS: "-mod=mod",
      CGO_ENABLED: "0",
    };
    const source = this.write("verify.go", GO_PROGRAM);
    execFileSync("go", ["build", "-o", program, source], { cwd: this.folder, env });
    return (chain) => execFileSync(program, { input: JSON.stringify(chain), encoding: "utf8" });
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

const GO_PROGRAM = `
package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
)

type chain struct {
	Trusted, Untrusted []string
	Leaf               string
}

func pool(texts []string) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, text := range texts {
		if !pool.AppendCertsFromPEM([]byte(text)) {
			panic(text)
		}
	}
	return pool
}

func main() {
	var c chain
	if err := json.NewDecoder(os.Stdin).Decode(&c); err != nil {
		panic(err)
	}
	block, _ := pem.Decode([]byte(c.Leaf))
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err == nil {
		_, err = leaf.Verify(x509.VerifyOptions{
			Roots:         pool(c.Trusted),
			Intermediates: pool(c.Untrusted),
			KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		})
	}
	if err != nil {
		fmt.Print(err)
		return
	}
	fmt.Print("ok")
}
`;
