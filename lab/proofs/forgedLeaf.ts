import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";
import { requestCertificate, signLocally } from "../plugins/tls/certificate.ts";
import { generatePrivateKey, traditionalPem } from "../plugins/tls/privateKey.ts";

/** What a client shows in a TLS handshake, both in PEM. */
export interface ClientCertificate {
  /** The leaf, then those between it and the root. */
  readonly chain: string;
  readonly key: string;
}

/** The keys of a cluster's certificate authority, as a thief of its Secret has them; PEM. */
export interface StolenAuthority {
  readonly certificate: string;
  readonly key: string;
  readonly chain: string;
}

/** Reads a cluster's `cacerts`, with which istiod signs. */
export async function stealAuthority(kubeconfig: string, cluster: string): Promise<StolenAuthority> {
  const core = loadContext(kubeconfig, cluster).makeApiClient(CoreV1Api);
  const { data = {} } = await core.readNamespacedSecret({ name: "cacerts", namespace: "istio-system" });
  const text = (file: string): string => Buffer.from(data[file] ?? "", "base64").toString();
  return { certificate: text("ca-cert.pem"), key: text("ca-key.pem"), chain: text("cert-chain.pem") };
}

/**
 * Signs a workload's certificate for whatever identity one likes, as istiod would only for its own workloads.
 * @param identity left out: none.
 */
export async function mintLeaf(authority: StolenAuthority, identity?: string): Promise<ClientCertificate> {
  const key = traditionalPem(
    await generatePrivateKey({ algorithm: "ECDSA", rsaBits: 2048, ecdsaCurve: "P256" }),
  );
  const request = await requestCertificate({
    privateKeyPem: key,
    ...(identity === undefined ? {} : { uris: [identity] }),
    subject: { commonName: "leaf" },
  });
  const { outputs } = await signLocally({
    certRequestPem: request.pem,
    caCertPem: authority.certificate,
    caPrivateKeyPem: authority.key,
    allowedUses: ["digital_signature", "key_encipherment", "client_auth", "server_auth"],
    validityPeriodHours: 1,
  });
  return { chain: `${outputs["certPem"] as string}${authority.chain}`, key };
}
