import { createPublicKey, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { selfSign } from "../plugins/tls/certificate.ts";
import { generatePrivateKey, traditionalPem } from "../plugins/tls/privateKey.ts";
import type { LabProcess, ProcessTable } from "../process.ts";
import type { Log } from "../progress.ts";
import { waitUntilReady } from "../ready.ts";
import type { Tools } from "../tools/tools.ts";
import { statusFor, writeKubeconfig, type KubeconfigEntry } from "./kubeconfig.ts";

const READY_SECONDS = 90;
const API_SERVER_PORT = 6443;
/** Garbage grows to four times what is alive, not once: a fifth less CPU for 80 MB. */
const ENVIRONMENT = { GOGC: "400", ...process.env };
/** Serving certificate of the API server, in the folder of the control plane. */
const CERTIFICATE_FILE = "apiserver.crt";

/** Controllers for what the lab needs: Pods of Deployments, service accounts and root certificates of namespaces, removal. */
const CONTROLLERS = [
  "deployment-controller",
  "replicaset-controller",
  "namespace-controller",
  "serviceaccount-controller",
  "root-ca-certificate-publisher-controller",
  "garbage-collector-controller",
];

export interface ControlPlaneOptions {
  /** Name of the cluster, e.g. `cluster-a`. */
  readonly name: string;
  /** Loopback address for etcd (2379, 2380) and the API server (6443), e.g. `127.10.0.1`. */
  readonly address: string;
  /** Cluster domain, e.g. `cluster-a.local`: part of the issuer of service account tokens. Default: `<name>.local`. */
  readonly domain?: string;
  /** Range of ClusterIPs. Default: 10.96.0.0/16. */
  readonly serviceRange?: string;
  /** Folder for all state of this control plane; made. */
  readonly dir: string;
  /** Folder for log files. Default: `<dir>/logs`. */
  readonly logs?: string;
  readonly tools: Pick<Tools, "programs">;
  readonly processes: ProcessTable;
  readonly log: Log;
}

/** A running control plane; it has no nodes. */
export interface ControlPlane {
  readonly kubeconfig: KubeconfigEntry;
  /** A kubeconfig file with this cluster alone. */
  readonly kubeconfigFile: string;
  stop(): Promise<void>;
}

/**
 * Starts etcd, the API server and the controller manager of one cluster, all on a loopback address.
 *
 * @throws LabError naming the program that failed, its log file and its last lines.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { name, address, dir, log } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const credentials = await makeCredentials(dir, address);
  const started: LabProcess[] = [];
  let stopping = false;
  const start = async (program: "etcd" | "kube-apiserver" | "kube-controller-manager", args: string[]) => {
    const logFile = join(options.logs ?? join(dir, "logs"), `${name}-${program}.log`);
    const command = options.tools.programs[program];
    const process = await options.processes.start({
      name: `${name}/${program}`,
      command,
      args,
      env: ENVIRONMENT,
      log: logFile,
    });
    started.push(process);
    void process.exited.then((how) => {
      if (!stopping) log(`${process.name} ended by itself with ${how}; its log: ${process.log}`);
    });
    return process;
  };
  // In the order of the starts each would wait for what has ended already.
  const stop = async () => {
    stopping = true;
    for (const process of started.toReversed()) await process.stop();
  };
  try {
    const etcd = await start("etcd", etcdArguments(name, address, dir));
    const isEtcdReady = async () =>
      (await fetch(`http://${address}:2379/readyz`, { signal: AbortSignal.timeout(2000) })).ok;
    await waitUntilReady(etcd, isEtcdReady, READY_SECONDS);
    const apiServer = await start("kube-apiserver", apiServerArguments(options, credentials));
    const kubeconfig = {
      name,
      server: `https://${address}:${API_SERVER_PORT}`,
      certificateAuthority: credentials.certificate,
      token: credentials.adminToken,
    };
    const isReady = async () => (await statusFor(kubeconfig, "/readyz")) === 200;
    await waitUntilReady(apiServer, isReady, READY_SECONDS);
    log(`${name}: API server is ready at ${kubeconfig.server}`);
    const kubeconfigFile = join(dir, "kubeconfig");
    writeKubeconfig(kubeconfigFile, [kubeconfig]);
    await start("kube-controller-manager", controllerManagerArguments(kubeconfigFile, dir));
    return { kubeconfig, kubeconfigFile, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function etcdArguments(name: string, address: string, dir: string): string[] {
  const client = `http://${address}:2379`;
  const peer = `http://${address}:2380`;
  return [
    `--name=${name}`,
    `--data-dir=${join(dir, "etcd")}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=${name}=${peer}`,
    // The lab's state need not survive a power failure.
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

function apiServerArguments(options: ControlPlaneOptions, credentials: Credentials): string[] {
  const { name, address, domain = `${name}.local`, serviceRange = "10.96.0.0/16" } = options;
  return [
    `--etcd-servers=http://${address}:2379`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${API_SERVER_PORT}`,
    `--service-cluster-ip-range=${serviceRange}`,
    `--service-account-issuer=https://kubernetes.default.svc.${domain}`,
    ...credentials.flags,
    "--authorization-mode=RBAC",
    "--allow-privileged=true",
    // Endpoints refuse loopback addresses, so the Service `kubernetes` stays without.
    "--endpoint-reconciler-type=none",
    "--profiling=false",
    // A cache per resource, each with timers of its own, takes most of an idle API server's CPU; nothing here lists so much.
    "--watch-cache=false",
  ];
}

function controllerManagerArguments(kubeconfig: string, dir: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--controllers=${CONTROLLERS.join(",")}`,
    `--root-ca-file=${join(dir, CERTIFICATE_FILE)}`,
    "--leader-elect=false",
    "--secure-port=0",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  ];
}

/** Secrets of one API server; each start of the lab makes new ones. */
interface Credentials {
  /** Bearer token of a user in `system:masters`. */
  readonly adminToken: string;
  /** Serving certificate, in PEM. */
  readonly certificate: string;
  /** Flags of the API server that name the files. */
  readonly flags: readonly string[];
}

/**
 * Makes the credentials as files, readable by the owner only. The API server would make its certificate from two RSA keys, at half a second
 * of CPU.
 *
 * @param folder exists already.
 */
async function makeCredentials(folder: string, address: string): Promise<Credentials> {
  const ellipticKey = () => generatePrivateKey({ algorithm: "ECDSA", rsaBits: 2048, ecdsaCurve: "P256" });
  const adminToken = randomBytes(32).toString("hex");
  const [servingKey, tokenKey] = [traditionalPem(await ellipticKey()), await ellipticKey()];
  const { outputs } = await selfSign({
    privateKeyPem: servingKey,
    subject: { commonName: "kube-apiserver" },
    ipAddresses: [address],
    dnsNames: ["kubernetes.default.svc"],
    isCaCertificate: true,
    allowedUses: ["cert_signing", "digital_signature", "server_auth"],
    validityPeriodHours: 24 * 365,
  });
  const certificate = outputs["certPem"] as string;
  const file = (flag: string, name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return `--${flag}=${path}`;
  };
  const publicKey = createPublicKey(tokenKey).export({ type: "spki", format: "pem" }).toString();
  return {
    adminToken,
    certificate,
    flags: [
      file("tls-cert-file", CERTIFICATE_FILE, certificate),
      file("tls-private-key-file", "apiserver.key", servingKey),
      file("token-auth-file", "tokens.csv", `${adminToken},admin,admin,"system:masters"\n`),
      file("service-account-signing-key-file", "service-account.key", traditionalPem(tokenKey)),
      file("service-account-key-file", "service-account.pub", publicKey),
    ],
  };
}
