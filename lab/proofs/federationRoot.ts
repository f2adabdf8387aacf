import type { LabCluster } from "../clusters.ts";
import type { RunningLab } from "../lab.ts";
import { requestCertificate, signLocally } from "../plugins/tls/certificate.ts";
import { generatePrivateKey, traditionalPem } from "../plugins/tls/privateKey.ts";
import type { Forger, StolenAuthority } from "./forgery.ts";
import { identityOf, type Party } from "./proof.ts";
import { exportState, outputInState } from "./stackState.ts";

/** A stack's federation root: its certificates, and the key of both. PEM. */
interface FederationRoot {
  /** The trust anchor: valid for all trust domains but the mesh's own. */
  readonly certificate: string;
  /** The self-signed certificate, which excludes no trust domain. */
  readonly unconstrained: string;
  readonly key: string;
}

/**
 * Forgers with the key of a cluster's federation root, which is in its stack's state: the ways to a chain for an identity of the cluster.
 *
 * @param peer workload whose identity the federation root may sign.
 */
export function federationRootsOf({ name: cluster }: LabCluster, peer: Party): Forger[] {
  let read: Promise<FederationRoot> | undefined;
  const forger = (how: string, toAuthority: (root: FederationRoot) => Promise<StolenAuthority>): Forger => ({
    kind: "the federation root",
    name: `${cluster}'s federation root${how}`,
    honest: identityOf(peer),
    steal: async (lab) => toAuthority(await (read ??= readFederationRoot(lab, cluster))),
  });
  return [
    forger("", ({ certificate, key }) => Promise.resolve({ certificate, key, chain: "" })),
    forger(", unconstrained,", ({ unconstrained, key }) =>
      Promise.resolve({ certificate: unconstrained, key, chain: unconstrained }),
    ),
    forger("'s intermediate", intermediateOf),
  ];
}

/** Reads the federation root as the stack's team may, with the stack's passphrase. */
async function readFederationRoot(lab: RunningLab, stack: string): Promise<FederationRoot> {
  const state = await exportState(lab, stack, stack);
  const [certificate] = outputInState(state, "-federation-root-constrained", "certificates") as [string];
  const unconstrained = outputInState(state, "-federation-root", "certPem") as string;
  const key = outputInState(state, "-federation-root-key", "privateKeyPem") as string;
  return { certificate, unconstrained, key };
}

async function intermediateOf({ certificate, key: issuerKey }: FederationRoot): Promise<StolenAuthority> {
  const key = traditionalPem(
    await generatePrivateKey({ algorithm: "ECDSA", rsaBits: 2048, ecdsaCurve: "P256" }),
  );
  const { pem } = await requestCertificate({
    privateKeyPem: key,
    subject: { organization: "forger", commonName: "Intermediate CA" },
  });
  const { outputs } = await signLocally({
    ...{ certRequestPem: pem, caCertPem: certificate, caPrivateKeyPem: issuerKey },
    ...{ isCaCertificate: true, allowedUses: ["cert_signing"], validityPeriodHours: 1 },
  });
  const intermediate = outputs["certPem"] as string;
  return { certificate: intermediate, key, chain: intermediate };
}
