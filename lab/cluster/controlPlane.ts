import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:https";
import { join } from "node:path";
import type { LabProcess, ProcessTable } from "../process.ts";
import type { Log } from "../progress.ts";
import { waitUntilReady } from "../ready.ts";
import type { Tools } from "../tools/tools.ts";
import { writeKubeconfig, type KubeconfigEntry } from "./kubeconfig.ts";

const READY_SECONDS = 90;
const API_SERVER_PORT = 6443;

/** What the lab uses of the controller manager: Deployments become Pods, namespaces get their service account, and go. */
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
  const credentials = makeCredentials(dir);
  const started: LabProcess[] = [];
  let stopping = false;
  const start = async (program: "etcd" | "kube-apiserver" | "kube-controller-manager", args: string[]) => {
    const logFile = join(options.logs ?? join(dir, "logs"), `${name}-${program}.log`);
    const command = options.tools.programs[program];
    const process = await options.processes.start({
      name: `${name}/${program}`,
      command,
      args,
      log: logFile,
    });
    started.push(process);
    void process.exited.then((how) => {
      if (!stopping) log(`${process.name} ended by itself with ${how}; its log: ${process.log}`);
    });
    return process;
  };
  // The other way round each would wait for what is gone already.
  const stop = async () => {
    stopping = true;
    for (const process of started.toReversed()) await process.stop();
  };
  try {
    const etcd = await start("etcd", etcdArguments(name, address, dir));
    await waitUntilReady(etcd, () => answersOk(`http://${address}:2379/readyz`), READY_SECONDS);
    const apiServer = await start("kube-apiserver", apiServerArguments(options, credentials));
    const server = `https://${address}:${API_SERVER_PORT}`;
    const certificates = join(dir, "certificates/apiserver.crt");
    await waitUntilReady(
      apiServer,
      () => isApiReady(server, certificates, credentials.adminToken),
      READY_SECONDS,
    );
    log(`${name}: API server is ready at ${server}`);
    const kubeconfig = {
      name,
      server,
      certificateAuthority: readFileSync(certificates, "utf8"),
      token: credentials.adminToken,
    };
    const kubeconfigFile = join(dir, "kubeconfig");
    writeKubeconfig(kubeconfigFile, [kubeconfig]);
    await start("kube-controller-manager", controllerManagerArguments(kubeconfigFile, certificates));
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
  const { name, address, dir, domain = `${name}.local`, serviceRange = "10.96.0.0/16" } = options;
  return [
    `--etcd-servers=http://${address}:2379`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${API_SERVER_PORT}`,
    // It makes a self-signed serving certificate for its address there.
    `--cert-dir=${join(dir, "certificates")}`,
    `--service-cluster-ip-range=${serviceRange}`,
    `--service-account-issuer=https://kubernetes.default.svc.${domain}`,
    `--service-account-signing-key-file=${credentials.serviceAccountKey}`,
    `--service-account-key-file=${credentials.serviceAccountPublicKey}`,
    `--token-auth-file=${credentials.tokenFile}`,
    "--authorization-mode=RBAC",
    "--allow-privileged=true",
    // Endpoints refuse loopback addresses, so the Service `kubernetes` stays without.
    "--endpoint-reconciler-type=none",
    "--profiling=false",
  ];
}

function controllerManagerArguments(kubeconfig: string, rootCertificates: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--controllers=${CONTROLLERS.join(",")}`,
    `--root-ca-file=${rootCertificates}`,
    "--leader-elect=false",
    "--secure-port=0",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  ];
}

async function answersOk(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
}

/** Asks `/readyz` as the administrator, trusting only the certificate that this API server made. */
async function isApiReady(server: string, certificates: string, token: string): Promise<boolean> {
  const agent = new Agent({ ca: readFileSync(certificates) });
  const headers = { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const request = get(`${server}/readyz`, { agent, headers, timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 2 s")));
    request.on("error", reject);
  });
}

/** Secrets of one API server; each start of the lab makes new ones. */
export interface Credentials {
  /** Bearer token of a user in `system:masters`. */
  readonly adminToken: string;
  /** File for `--token-auth-file`. */
  readonly tokenFile: string;
  /** PEM files of the key pair that signs service account tokens. */
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
}

/** Makes the credentials as files, readable by the owner only. @param folder exists already. */
export function makeCredentials(folder: string): Credentials {
  const adminToken = randomBytes(32).toString("hex");
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const write = (name: string, content: string | Buffer): string => {
    const file = join(folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  };
  return {
    adminToken,
    tokenFile: write("tokens.csv", `${adminToken},admin,admin,"system:masters"\n`),
    serviceAccountKey: write("service-account.key", privateKey.export({ type: "sec1", format: "pem" })),
    serviceAccountPublicKey: write("service-account.pub", publicKey.export({ type: "spki", format: "pem" })),
  };
}
