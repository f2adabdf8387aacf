import type { RunningLab } from "../../lab/lab.ts";
import { selfSign } from "../../lab/plugins/tls/certificate.ts";
import { generatePrivateKey, traditionalPem } from "../../lab/plugins/tls/privateKey.ts";
import type { StolenAuthority } from "../../lab/proofs/forgery.ts";
import { Stack } from "../../lab/pulumi.ts";
import { publishStack, unpublishStack } from "./publishedStack.ts";
import { editedStackFile } from "./stackFile.ts";

/**
 * Runs a test on stack cluster-a with a second peer, cluster-c; its stack is gone afterwards, what it left in cluster-a is not.
 * @param outputs what its stack publishes.
 */
export async function peerC(
  lab: RunningLab,
  outputs: Record<string, unknown>,
  test: (edited: Stack) => Promise<void>,
): Promise<void> {
  await publishStack(lab, "cluster-c", outputs);
  try {
    await test(await stackWithPeerC(lab));
  } finally {
    await unpublishStack(lab, "cluster-c");
  }
}

/**
 * A stack with cluster-c in its config.
 * @param settings what the config says of it beside its stack.
 */
export async function stackWithPeerC(
  lab: RunningLab,
  settings: Record<string, unknown> = {},
  name = "cluster-a",
): Promise<Stack> {
  const configFile = await editedStackFile(lab, name, (config) => {
    const peer = { stack: "cluster-c", ...settings };
    Object.assign(config["istio-federation:peers"] as object, { "cluster-c": peer });
  });
  return new Stack(name, lab, { configFile });
}

/** Cluster-c's authority: a root that signs workloads itself. */
export async function authorityOfC(): Promise<StolenAuthority> {
  const key = traditionalPem(
    await generatePrivateKey({ algorithm: "ECDSA", rsaBits: 2048, ecdsaCurve: "P256" }),
  );
  const { outputs } = await selfSign({
    privateKeyPem: key,
    subject: { organization: "cluster-c.local", commonName: "Root CA" },
    isCaCertificate: true,
    setSubjectKeyId: true,
    allowedUses: ["cert_signing", "crl_signing"],
    validityPeriodHours: 24,
  });
  return { certificate: outputs["certPem"] as string, key, chain: "" };
}
