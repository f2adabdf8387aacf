import type { StackConfig } from "../federation/config/stackConfig.ts";
import type { Fault } from "../federation/core/fault.ts";
import type { Reading } from "../federation/snapshot.ts";
import { ClusterClient } from "../kubernetes/client.ts";
import { ClusterError } from "../kubernetes/errors.ts";
import type { RetryPolicy } from "../kubernetes/transport.ts";

/** Policy of the first request: a preview waits less than 10 s for a cluster that does not answer. */
export const PROBE: RetryPolicy = { deadline: 4_000, retries: 1 };
/** Policy of the requests to a cluster that has answered: its lists may be long. */
const READ: RetryPolicy = { deadline: 15_000, retries: 2 };

/** Reader of this stack's cluster for a snapshot: all requests share one probe and one client. */
export class ClusterReader {
  private readonly kubeconfig: StackConfig["kubeconfig"];
  private connection: Promise<ClusterClient> | undefined;

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

  /** @throws every error but a {@link ClusterError}: a defect of the program. */
  private unread(error: unknown): Exclude<Reading<never>, { value: never }> {
    if (!(error instanceof ClusterError)) throw error;
    const { unreachable, status, operation } = error.failure;
    if (unreachable === true) return { unreachable: error.message };
    const fault = clusterFault(error, this.kubeconfig);
    return status === 403 ? { forbidden: operation, fault } : { faults: [fault] };
  }
}

async function connect(kubeconfig: StackConfig["kubeconfig"]): Promise<ClusterClient> {
  await (await ClusterClient.connect(kubeconfig, PROBE)).probe();
  return ClusterClient.connect(kubeconfig, READ);
}

/** Returns the fault of a kubeconfig, or of the cluster that it names, at the config's field. */
export function clusterFault(
  { failure, message }: ClusterError,
  { path, context }: StackConfig["kubeconfig"],
): Fault {
  const { kubeconfig, operation, cause, status } = failure;
  if (kubeconfig === "file") {
    return {
      path: "kubeconfig",
      value: path,
      rule: `cannot be used: ${message}`,
      remedy: "Provide that file, or name another by kubeconfig.path",
    };
  }
  const place = { path: "kubeconfig.context", value: context };
  if (kubeconfig === "context") {
    return {
      ...place,
      rule: `cannot be used: ${message}`,
      remedy: "Name another context, or correct the file",
    };
  }
  return { ...place, rule: `cannot ${operation}: ${cause}`, remedy: remedyFor(status) };
}

function remedyFor(status: number | undefined): string {
  if (status === 401) return "Renew its credentials";
  if (status === 403) return "Allow its user to do this, or name the context of one who may";
  return "Check the cluster and the user of this context";
}
