import type { SurveyedCluster } from "./surveyedCluster.ts";
import { parseSignedUntil } from "../federation/authority/rotation.ts";
import type { IstiodTrust } from "../federation/authority/rotationStep.ts";
import { SIGNED_UNTIL_ANNOTATION } from "../federation/core/labels.ts";
import { AUTHORITY_SECRET, ISTIO_NAMESPACE } from "../federation/core/wellKnown.ts";
import { isIssuedBy } from "../federation/x509/authority.ts";
import { certificatesIn } from "../federation/x509/certificate.ts";
import { CONFIG_MAP, type KubernetesObject, SECRET } from "../kubernetes/kinds.ts";

/** In each namespace, by istiod: the roots that it runs with, in the order of its `root-cert.pem`. */
const ROOTS = "istio-ca-root-cert";

/** Of a cluster that cannot be asked, or has no istiod. */
export const UNKNOWN: IstiodTrust = { roots: undefined, signer: undefined, signedUntil: {} };

interface Data extends KubernetesObject {
  data?: Record<string, string>;
}

/**
 * Looks with which roots this cluster's istiod runs, and with which it is to: what the last update gave it may not have reached it yet,
 * and an update that failed may have given it what no record tells.
 * @returns SHA-256 fingerprints; undefined where there is no cluster to ask, or nothing is told.
 * @throws FaultsError when the cluster refuses, or the kubeconfig does not lead to one.
 */
export async function istiodTrust(cluster: SurveyedCluster): Promise<IstiodTrust> {
  const answer = await cluster.read(async (client) => ({
    map: await client.get<Data>(CONFIG_MAP, ISTIO_NAMESPACE, ROOTS),
    secret: await client.get<Data>(SECRET, ISTIO_NAMESPACE, AUTHORITY_SECRET),
  }));
  if ("unreachable" in answer) return UNKNOWN;
  const roots = certificatesIn(answer.map?.data?.["root-cert.pem"] ?? "") ?? [];
  return {
    roots: roots.length === 0 ? undefined : roots.map(({ fingerprint256 }) => fingerprint256),
    signer: signerIn(answer.secret?.data ?? {}),
    signedUntil: parseSignedUntil(answer.secret?.metadata.annotations?.[SIGNED_UNTIL_ANNOTATION] ?? "{}"),
  };
}

/** The root that issued the certificate in the Secret; undefined where a chain is between them, as this program makes none. */
function signerIn(data: Readonly<Record<string, string>>): string | undefined {
  const read = (file: string) =>
    certificatesIn(Buffer.from(data[file] ?? "", "base64").toString("utf8")) ?? [];
  const [intermediate] = read("ca-cert.pem");
  return intermediate && read("root-cert.pem").find((root) => isIssuedBy(intermediate, root))?.fingerprint256;
}
