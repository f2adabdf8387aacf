import { autoPassthrough } from "./rules/autoPassthrough.ts";
import { destinationHosts } from "./rules/destinationHosts.ts";
import { destinationPorts } from "./rules/destinationPorts.ts";
import { portVerification, ruleHosts, serverVerification } from "./rules/destinationRules.ts";
import { destinationSubsets, gatewaySubsets } from "./rules/destinationSubsets.ts";
import { foreignOwner } from "./rules/foreignOwner.ts";
import { gatewayPods } from "./rules/gatewayPods.ts";
import {
  credentialContents,
  credentialSecrets,
  sharedCertificates,
  sidecarCredentials,
} from "./rules/credentials.ts";
import { gatewayConflicts, gatewayPorts } from "./rules/gatewayServers.ts";
import { hostForm } from "./rules/hostForm.ts";
import { ignoreAnnotations } from "./rules/ignoreAnnotations.ts";
import { externalMutual, firewalledHosts, sniHosts } from "./rules/externalHosts.ts";
import { claimedImports, rulesOfImports, sharedWeights } from "./rules/importedHosts.ts";
import { meshHosts } from "./rules/meshHosts.ts";
import { objectNamespaces } from "./rules/objectNamespaces.ts";
import {
  ambientSidecars,
  gatewaySelectors,
  policyWorkloads,
  strictClients,
} from "./rules/policySelectors.ts";
import { policyNamespaces, principalForm } from "./rules/policySources.ts";
import { requiredTokens, validatedTokens } from "./rules/requestTokens.ts";
import { eastWestPort, portNumbers, protocolNames } from "./rules/ports.ts";
import { gatewayHosts, routeGateways } from "./rules/routeGateways.ts";
import { routeOrder } from "./rules/routeOrder.ts";
import { routeWeights } from "./rules/routeWeights.ts";
import { serverTls, sharedPorts } from "./rules/serverPorts.ts";
import { entryAddresses, entryProtocols } from "./rules/serviceEntries.ts";
import { subsetPods } from "./rules/subsetPods.ts";
import type { TrafficRule } from "./trafficRule.ts";

/** All rules, in the order of their findings. */
export const TRAFFIC_RULES: readonly TrafficRule[] = [
  foreignOwner,
  objectNamespaces,
  ignoreAnnotations,
  hostForm,
  portNumbers,
  protocolNames,
  destinationHosts,
  destinationPorts,
  destinationSubsets,
  gatewaySubsets,
  routeGateways,
  gatewayHosts,
  gatewayPods,
  gatewayPorts,
  gatewayConflicts,
  serverTls,
  sharedPorts,
  eastWestPort,
  autoPassthrough,
  credentialSecrets,
  credentialContents,
  sharedCertificates,
  sidecarCredentials,
  ruleHosts,
  subsetPods,
  serverVerification,
  portVerification,
  rulesOfImports,
  externalMutual,
  claimedImports,
  entryAddresses,
  entryProtocols,
  sniHosts,
  firewalledHosts,
  meshHosts,
  routeOrder,
  routeWeights,
  sharedWeights,
  policyWorkloads,
  gatewaySelectors,
  ambientSidecars,
  policyNamespaces,
  principalForm,
  strictClients,
  requiredTokens,
  validatedTokens,
];
