import type { AuthorizationPolicy } from "./authorizationPolicy.ts";
import type { CallingMesh, GuardedService } from "./callerPolicy.ts";
import type { LocalCaller } from "./callers.ts";
import { offeredCallers } from "./peerCallers.ts";
import { gatewayRules } from "./policyRules.ts";
import { openedName } from "../exports/terminatedExport.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE } from "../wellKnown.ts";

/** The gateway as a caller of workloads. */
export function gatewayCaller({ gatewayAccount = GATEWAY_NAME }: CallingMesh): LocalCaller {
  return { serviceAccounts: [`${GATEWAY_NAMESPACE}/${gatewayAccount}`] };
}

/** What the gateway refuses of the calls that it opens; it selects the proxies that the Gateway object does. */
export function gatewayPolicy(service: GuardedService, mesh: CallingMesh): AuthorizationPolicy[] {
  const { terminated, host, ports, name, namespace } = service;
  if (terminated !== true) return [];
  const names = ports.map(({ number }) => openedName(host, number));
  const rules = gatewayRules(offeredCallers(service, mesh), names);
  // No Service has a dot in its name: this one is nobody else's.
  const policyName = `istio-federation-deny-${name}.${namespace}`;
  const spec = { selector: { matchLabels: { istio: GATEWAY_NAME } }, action: "DENY" as const, rules };
  return [{ namespace: GATEWAY_NAMESPACE, name: policyName, spec }];
}
