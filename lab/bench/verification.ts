import { type JsonWebKey, X509Certificate, createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Contract } from "../../federation/contract/contract.ts";
import { foldContract } from "../../federation/contract/fold.ts";
import { SIGNATURE, signContract, verifySignature } from "../../federation/contract/signature.ts";
import { signerFaults } from "../../federation/contract/signer.ts";
import { CHECKOUT } from "../environment.ts";
import type { VerificationRow } from "./rows.ts";

/** The test vector of signed contracts, which has a contract and what signs it. */
interface Vector {
  contract: Contract;
  root: string;
  signingKey: JsonWebKey;
  header: { x5c: string[] };
}

/**
 * Measures what the signature of a contract adds to a preview: its verification and that of its signer, in user CPU time, which other
 * processes disturb less than the wall time. The slowest of several runs: a preview verifies once, before the code is optimised.
 */
export async function measureVerification(services: number, repeats: number): Promise<VerificationRow> {
  const published = JSON.stringify(await signedContract(services));
  const times: number[] = [];
  for (let run = 0; run < repeats; run++) {
    const contract = JSON.parse(published) as Contract;
    const before = process.cpuUsage();
    await verify(contract);
    times.push(process.cpuUsage(before).user / 1_000_000);
  }
  const userSeconds = Math.max(...times);
  return { services, step: "verify-contract", userSeconds, contractBytes: Buffer.byteLength(published) };
}

function readVector(): Vector {
  return JSON.parse(readFileSync(join(CHECKOUT, "docs/contract-vector.json"), "utf8")) as Vector;
}

/** The vector's contract with so many services of one port and one identity, signed as the program signs. */
async function signedContract(services: number): Promise<object> {
  const { contract, signingKey, header } = readVector();
  const names = Array.from({ length: services }, (_, index) => `service-${String(index).padStart(5, "0")}`);
  const offered = names.map((name) => [
    `${name}.shop.svc.cluster-b.local`,
    {
      ports: [{ number: 8080, name: "http", protocol: "HTTP" as const }],
      subjectAltNames: [`spiffe://cluster-b.local/ns/shop/sa/${name}`],
    },
  ]);
  const folded = foldContract({ ...contract, services: Object.fromEntries(offered) as Contract["services"] });
  const key = createPrivateKey({ key: signingKey, format: "jwk" });
  const signer = {
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
    certificates: header.x5c.map((der) => new X509Certificate(Buffer.from(der, "base64")).toString()),
  };
  return { ...folded, [SIGNATURE]: await signContract(folded, signer) };
}

/** @throws Error when the contract is not accepted: then something else was measured. */
async function verify(contract: Contract): Promise<void> {
  const signature = await verifySignature(contract);
  if ("fault" in signature) throw new Error(`the benchmark's contract ${signature.fault.rule}`);
  const trust = {
    roots: contract.rootCertificates.map((pem) => new X509Certificate(pem)),
    signingKey: undefined,
  };
  const [fault] = signerFaults(signature, contract.trustDomain, trust, new Date());
  if (fault !== undefined) throw new Error(`the benchmark's contract ${fault.rule}`);
}
