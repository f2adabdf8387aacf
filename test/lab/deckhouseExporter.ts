import { join } from "node:path";
import { execa } from "execa";
import type { Contract } from "../../federation/contract/contract.ts";
import { type DeckhouseIdentity, clusterUUIDOf } from "../../federation/deckhouse/identity.ts";
import { CHECKOUT, labPaths, stackEnvironment } from "../../lab/environment.ts";
import type { RunningLab } from "../../lab/lab.ts";
import { makeKey } from "../federation/deckhouse/deckhouseSamples.ts";
import { MetadataExporter } from "../support/metadataExporter.ts";

/** Identity of a Deckhouse cluster, with the public half of its key, PEM. */
export type TestIdentity = DeckhouseIdentity & { publicKey: string };

/** Makes an identity. @param digit of all digits of the UUID. */
export function makeIdentity(digit: string): TestIdentity {
  const { publicKey, privateKey } = makeKey();
  const clusterUUID = [8, 4, 4, 4, 12].map((length) => digit.repeat(length)).join("-");
  return { clusterUUID, key: privateKey, publicKey };
}

/**
 * Publishes a contract as the metadata exporter of a Deckhouse cluster would, for one reader.
 * @param reader stack whose key the cluster knows.
 */
export async function exporterOf(
  lab: RunningLab,
  contract: Pick<Contract, "rootCertificates" | "gateways" | "services">,
  { clusterUUID, publicKey }: TestIdentity,
  reader: string,
): Promise<MetadataExporter> {
  const readerKey = await deckhouseKeyOf(lab, reader);
  const exporter = await MetadataExporter.start("127.0.0.1");
  exporter.publicDocument = {
    clusterUUID,
    authnKeyPub: publicKey,
    rootCA: contract.rootCertificates.join(""),
  };
  exporter.federationDocument = {
    ingressGateways: contract.gateways.map(({ address, port }) => ({ address, port })),
    publicServices: Object.entries(contract.services).map(([hostname, { ports }]) => ({
      hostname,
      ports: ports.map(({ name, number }) => ({ name, port: number })),
    })),
  };
  exporter.knownKeys = { [clusterUUIDOf(readerKey)]: readerKey };
  return exporter;
}

/** The public key of a stack's identity for Deckhouse clusters, PEM. */
async function deckhouseKeyOf({ dir, environment }: RunningLab, stack: string): Promise<string> {
  const args = ["stack", "export", "--non-interactive", "--stack", stack];
  const options = { cwd: CHECKOUT, env: stackEnvironment(environment, stack) };
  const { stdout } = await execa(join(labPaths(dir).bin, "pulumi"), args, options);
  const { deployment } = JSON.parse(stdout) as {
    deployment: { resources: { urn: string; outputs?: { publicKeyPem?: string } }[] };
  };
  const key = deployment.resources.find(({ urn }) => urn.endsWith("-deckhouse-key"))?.outputs?.publicKeyPem;
  if (key === undefined) throw new Error(`stack ${stack} has no key for Deckhouse clusters`);
  return key;
}
