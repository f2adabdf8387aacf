import type { StackConfig } from "../federation/config/stackConfig.ts";
import type { Fault } from "../federation/core/fault.ts";
import type { Reading } from "../federation/snapshot.ts";
import { ClusterClient } from "../kubernetes/client.ts";
import { ClusterError } from "../kubernetes/errors.ts";
import type { RetryPolicy } from "../kubernetes/transport.ts";

/** Policy of the first request: a preview waits less than 10 s for a cluster that does not answer. */
export const PROBE: RetryPolicy = { deadline: 4_000, retries: 1 };
/**
 * Policy of the requests to a cluster that has answered: its lists may be long. One that then swallows packets, as a link does that loses
 * large ones, fails the preview 15 s after the first request.
 */
const READ: RetryPolicy = { deadline: 9_000, retries: 2, retryTimeouts: false };

/** Reader of this stack's cluster for a snapshot: all requests share one probe and one client. */
export class ClusterReader {
  private readonly kubeconfig: StackConfig["kubeconfig"];
  private connection: Promise<ClusterClient> | undefined;
  private readonly shared = new Map<unknown, Promise<Reading<unknown>>>();

  constructor(kubeconfig: StackConfig["kubeconfig"]) {
    this.kubeconfig = kubeconfig;
  }

  /** Reads from the cluster; the first request probes it. */
  async read<T>(request: (client: ClusterClient) => Promise<T>): Promise<Reading<T>> {
    try {
      this.connection ??= connect(this.kubeconfig);
      return { value: await request(await this.connection) };
    } catch (error) {
      return this.unread(error);
    }
  }

  /** Reads as {@link read}, once for all callers with this request. */
  readOnce<T>(request: (client: ClusterClient) => Promise<T>): Promise<Reading<T>> {
    const reading = (this.shared.get(request) as Promise<Reading<T>> | undefined) ?? this.read(request);
    this.shared.set(request, reading);
    return reading;
  }

  /** @throws every error but a {@link ClusterError}: a defect of the program. */
  private unread(error: unknown): Exclude<Reading<never>, { value: never }> {
    if (!(error instanceof ClusterError)) throw error;
    const { unreachable, timedOut, status, operation } = error.failure;
    // Nothing listens there yet, or not any more. A silent address is a fault: what comes next would wait for it again.
    if (unreachable === true && timedOut !== true) return { unreachable: error.message };
    const fault = clusterFault(error, this.kubeconfig);
    return status === 403 ? { forbidden: operation, fault } : { faults: [fault] };
  }
}

async function connect(kubeconfig: StackConfig["kubeconfig"]): Promise<ClusterClient> {
  const client = await ClusterClient.connect(kubeconfig, PROBE);
  await client.probe();
  return client.withPolicy(READ);
}

/** Returns the fault of a kubeconfig, or of the cluster that it names, at the config's field. */
export function clusterFault(
  { where, failure }: ClusterError,
  { path, context }: StackConfig["kubeconfig"],
): Fault {
  const { kubeconfig, operation, cause, status, remedy, untrusted, timedOut } = failure;
  const unusable = `cannot be used: ${where}: cannot ${operation}: ${cause}`;
  if (kubeconfig === "file") {
    return {
      path: "kubeconfig",
      value: path,
      rule: unusable,
      remedy: remedy ?? "Provide that file, or name another by kubeconfig.path",
    };
  }
  const place = { path: "kubeconfig.context", value: context };
  if (kubeconfig === "context") {
    return { ...place, rule: unusable, remedy: remedy ?? "Name another context, or correct the file" };
  }
  // Without the operation: all requests meet the same, and one sentence is enough.
  if (untrusted === true) {
    return {
      ...place,
      rule: `names a server with an untrusted certificate, so another server may answer: ${cause}`,
      remedy:
        "Correct certificate-authority-data or tls-server-name of its cluster in the kubeconfig, or find out what answers there",
    };
  }
  if (timedOut === true) {
    return {
      ...place,
      rule: `names an API server that does not answer: ${cause}`,
      remedy:
        "Open the way to it (firewall, VPN, proxy-url of its cluster or $HTTPS_PROXY), or correct its server in the kubeconfig",
    };
  }
  return { ...place, rule: `cannot ${operation}: ${cause}`, remedy: remedyFor(status, remedy) };
}

function remedyFor(status: number | undefined, known: string | undefined): string {
  if (status === 401) return "Renew its credentials";
  if (status === 403) return "Grant its user the permission, or set a context whose user has it";
  return known ?? "Check the cluster and the user of this context";
}
