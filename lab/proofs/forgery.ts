import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";
import type { RunningLab } from "../lab.ts";
import { requestCertificate, signLocally } from "../plugins/tls/certificate.ts";
import { generatePrivateKey, traditionalPem } from "../plugins/tls/privateKey.ts";
import { SERVICE_PORT } from "../workloads/workload.ts";
import { ALPN } from "./gateway.ts";
import { hostOf, identityOf, nameOf, type Party, type Proof } from "./proof.ts";

const TIMEOUT_MILLISECONDS = 5000;
/** Node's errors for a server's TLS alert; the connection may be closed before it is read. */
const CLOSED = /^(?:ERR_SSL_.*ALERT.*|ECONNRESET|EPIPE)$/;

/** A compromised authority, and an identity that it may sign. */
export interface Forger {
  /** Kind of authority, for claims: `a peer's CA`. */
  readonly kind: string;
  /** This authority, for tables: `cluster-a's CA`. */
  readonly name: string;
  readonly honest: string;
  readonly steal: (lab: RunningLab) => Promise<StolenAuthority>;
}

/** The authority of a workload's cluster, which may sign the workload's identity. */
export function forgerOf(workload: Party): Forger {
  const { cluster } = workload;
  return {
    kind: "a peer's CA",
    name: `${cluster}'s CA`,
    honest: identityOf(workload),
    steal: ({ kubeconfig }) => stealAuthority(kubeconfig, cluster),
  };
}

/**
 * A leaf that a peer's authority signs for a foreign trust domain is refused. The same endpoint takes a leaf that the authority signs for
 * its own, so the identity is the reason.
 *
 * @param claimed identity in the forged certificate.
 * @param endpoint `address:port` that takes mutual TLS: a workload's sidecar, or a gateway.
 * @param listener what listens there: `the sidecar`, `the gateway`.
 */
export function forgeryRefused(
  { kind, name, honest, steal }: Forger,
  to: Party,
  claimed: string,
  endpoint: string,
  listener: string,
): Proof {
  return {
    claim: `what ${kind} signs for another trust domain is refused through ${listener}`,
    caller: `${name} as ${claimed}`,
    callee: `${nameOf(to)}, through ${listener}`,
    run: async ({ lab }) => {
      const authority = await steal(lab);
      const callWith = async (identity: string) =>
        callAs(endpoint, hostOf(to), await mintLeaf(authority, identity), to.port);
      const accepted = `200 as ${honest}`;
      const own = await callWith(honest);
      const forged = await callWith(claimed);
      const passed = own === accepted && forged.startsWith("refused");
      return {
        passed,
        status: passed ? "refused" : forged.slice(0, 3),
        reason: `expected ${accepted} and then a refusal, got ${own} and then ${forged}`,
      };
    },
  };
}

/**
 * A leaf that a peer's certificate authority signs for any identity is believed: the cost of one trust domain. Proved so that nobody
 * takes replicated control planes for a federation.
 *
 * @param gateway `address:port`.
 */
export function forgeryBelieved(forger: Party, to: Party, gateway: string): Proof {
  const claimed = identityOf(to);
  return {
    claim:
      "what a peer's CA signs for any identity of the common trust domain is believed (docs/replicated.md)",
    caller: `${forger.cluster}'s CA as ${claimed}`,
    callee: `${nameOf(to)}, through the gateway`,
    run: async ({ lab }) => {
      const leaf = await mintLeaf(await stealAuthority(lab.kubeconfig, forger.cluster), claimed);
      const answer = await callAs(gateway, hostOf(to), leaf, to.port);
      const expected = `200 as ${claimed}`;
      return {
        passed: answer === expected,
        status: answer.slice(0, 3),
        identity: claimed,
        reason: `expected ${expected}, got ${answer}`,
      };
    },
  };
}

/** Client certificate of a TLS handshake, in PEM. */
export interface ClientCertificate {
  /** The leaf, then those between it and the root. */
  readonly chain: string;
  readonly key: string;
}

/** A compromised certificate authority: certificate, key and chain, in PEM. */
export interface StolenAuthority {
  readonly certificate: string;
  readonly key: string;
  readonly chain: string;
}

/** Reads the authority with which a cluster's istiod signs: `cacerts`, else the one of its own. */
export async function stealAuthority(kubeconfig: string, cluster: string): Promise<StolenAuthority> {
  const core = loadContext(kubeconfig, cluster).makeApiClient(CoreV1Api);
  const read = (name: string) => core.readNamespacedSecret({ name, namespace: "istio-system" });
  const { data = {} } = await read("cacerts").catch(() => read("istio-ca-secret"));
  const decode = (file: string): string => Buffer.from(data[file] ?? "", "base64").toString();
  return { certificate: decode("ca-cert.pem"), key: decode("ca-key.pem"), chain: decode("cert-chain.pem") };
}

/** Signs a workload's certificate for any identity, which istiod does only for its own workloads. */
export async function mintLeaf(authority: StolenAuthority, identity?: string): Promise<ClientCertificate> {
  const key = traditionalPem(
    await generatePrivateKey({ algorithm: "ECDSA", rsaBits: 2048, ecdsaCurve: "P256" }),
  );
  const uris = identity === undefined ? [] : [identity];
  const { pem } = await requestCertificate({ privateKeyPem: key, uris, subject: { commonName: "leaf" } });
  const { outputs } = await signLocally({
    certRequestPem: pem,
    caCertPem: authority.certificate,
    caPrivateKeyPem: authority.key,
    allowedUses: ["digital_signature", "key_encipherment", "client_auth", "server_auth"],
    validityPeriodHours: 1,
  });
  return { chain: `${outputs["certPem"] as string}${authority.chain}`, key };
}

/**
 * Sends one request with a client certificate, past all sidecars of the caller's side.
 *
 * @param endpoint `address:port` that takes mutual TLS.
 * @param host full name of the called service.
 * @param port the service's.
 * @returns `200 as <the identity that the server saw>`, or `refused: ...` when the handshake is refused.
 */
export function callAs(
  endpoint: string,
  host: string,
  { chain, key }: ClientCertificate,
  port: number = SERVICE_PORT,
): Promise<string> {
  const { hostname, port: endpointPort } = new URL(`tls://${endpoint}`);
  return new Promise((resolve) => {
    const sent = request({
      host: hostname,
      port: Number(endpointPort),
      servername: `outbound_.${port}_._.${host}`,
      headers: { host },
      // The server's own identity is no matter here.
      agent: new Agent({ ALPNProtocols: [ALPN], cert: chain, key, rejectUnauthorized: false }),
      timeout: TIMEOUT_MILLISECONDS,
    });
    const fail = (error: NodeJS.ErrnoException) => {
      resolve(`${CLOSED.test(error.code ?? "") ? "refused" : "failed"}: ${error.code ?? error.message}`);
    };
    sent.once("timeout", () => sent.destroy(new Error(`no answer from ${endpoint}`)));
    sent.once("error", fail);
    sent.once("response", (response) => {
      text(response).then((body) => {
        resolve(`${response.statusCode} as ${identityIn(body)}`);
      }, fail);
    });
    sent.end();
  });
}

function identityIn(body: string): string {
  try {
    return (JSON.parse(body) as { clientIdentity?: string }).clientIdentity ?? "nobody";
  } catch {
    return body.slice(0, 200);
  }
}
