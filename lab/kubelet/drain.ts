import type { V1Pod } from "@kubernetes/client-node";

/** Port of Envoy's administration. */
const ADMIN_PORT = 15000;
const TIMEOUT_MILLISECONDS = 1000;

/**
 * Makes the gateway in an ending Pod take no further connections; the open ones stay until it ends. In a cluster kube-proxy leads no
 * connection to an ending Pod, and pilot-agent asks Envoy to drain, at 127.0.0.1.
 */
export async function stopListening({ spec, status }: V1Pod): Promise<void> {
  const isGateway = spec?.containers.some(({ args = [] }) => args.includes("router"));
  if (isGateway !== true || status?.podIP === undefined) return;
  const url = `http://${status.podIP}:${ADMIN_PORT}/drain_listeners`;
  await fetch(url, { method: "POST", signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) })
    .then((answer) => answer.text())
    // It does not run yet, or no longer.
    .catch(() => undefined);
}
