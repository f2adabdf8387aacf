import * as z from "zod";
import { unguardable, warnOfCallers, warnOfCommonDomains } from "./callerWarnings.ts";
import { gatewayPolicy, warnOfGateway } from "./gatewayPolicy.ts";
import { type AuthorizationPolicy, isRestricted, policiesOf, CONDITIONS } from "./policy.ts";
import { type CallingMesh, type GuardedService, openPorts, openedPorts } from "./policyTarget.ts";
import { warnOfSharing } from "./sharing.ts";
import { type Fault, within } from "../core/fault.ts";
import { compare } from "../core/order.ts";
import {
  lastPorts,
  unknownPorts,
  withLastPorts,
  type PublishedSpecs,
  publishSpecs,
  readSpecs,
} from "../exports/lastExports.ts";

/** What holds callers to what the export rules say. */
export interface CallerPolicies {
  /** By namespace and name; each name is one Service's own, but for the gateway's. */
  policies: AuthorizationPolicy[];
  /** Hosts of the Services that must not be offered, as nothing could hold their callers; sorted. The warnings say why. */
  withheld: string[];
  warnings: Fault[];
}

/**
 * Decides by which policies the workloads of the exported Services refuse who may not call. A Service that everybody may call has none.
 * @param last our policies as the last update made them: where no workload tells a port's number, those that they have stay.
 * @returns the same for the same Services in any order.
 */
export function callerPolicies(
  services: readonly GuardedService[],
  mesh: CallingMesh,
  last: readonly AuthorizationPolicy[] = [],
): CallerPolicies {
  const lastOf = lastPorts(last);
  const found = new Map(services.map((service) => [service.host, service]));
  const sorted = services
    .map((service) => {
      const { held, open } = lastOf(service);
      return withLastPorts(service, held.length > 0 ? held : open);
    })
    .sort((one, other) => compare(one.host, other.host));
  const withheld = new Map<string, Fault>();
  const restricted = sorted.filter((service) => isRestricted(service, mesh));
  for (const service of new Set([...restricted, ...sorted.filter(({ terminated }) => terminated === true)])) {
    const fault = unguardable(service);
    if (fault !== undefined) withheld.set(service.host, within(pathTo(service), fault));
  }
  const offered = sorted.filter(({ host }) => !withheld.has(host));
  const guarded = restricted.filter(({ host }) => !withheld.has(host));
  // Not all that is open at a Service's workloads is its own, to be open at its neighbours' too.
  const led = services
    .filter(({ host }) => !withheld.has(host))
    .map((service) => withLastPorts(service, lastOf(service).held));
  const [openOf, openedOf] = [openPorts(led), openedPorts(led)];
  const policies = offered.flatMap((service) => {
    // Of Services that share its workloads, and tell no more of their ports than it does, the last update knew.
    const known = unknownPorts(found.get(service.host) ?? service).length === 0 ? [] : lastOf(service).open;
    return policiesOf(service, { open: [...openOf(service), ...known], opened: openedOf(service) }, mesh);
  });
  const atGateway = gatewayPolicy(offered, mesh);
  return {
    policies: [...policies, ...atGateway].sort(
      (one, other) => compare(one.namespace, other.namespace) || compare(one.name, other.name),
    ),
    withheld: [...withheld.keys()],
    warnings: [
      ...withheld.values(),
      ...guarded.flatMap((service) =>
        warnOfCallers(service, found.get(service.host)).map((warning) => within(pathTo(service), warning)),
      ),
      ...[...Map.groupBy(offered, ({ namespace }) => namespace).values()].flatMap(warnOfSharing),
      ...warnOfGateway(offered, atGateway, mesh),
      ...warnOfCommonDomains(offered, mesh),
    ],
  };
}

function pathTo({ namespace, name }: GuardedService): string {
  return `Service ${namespace}/${name}`;
}
/** The policies as a stack publishes them for its own next run, by `<namespace>/<name>`. */
export type PublishedPolicies = PublishedSpecs<AuthorizationPolicy["spec"]>;

const texts = z.array(z.string());
const spec = z.object({
  selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
  action: z.enum(["ALLOW", "DENY"]),
  rules: z.array(
    z.object({
      from: z
        .array(
          z.object({
            source: z.object({ principals: texts.exactOptional(), notPrincipals: texts.exactOptional() }),
          }),
        )
        .exactOptional(),
      to: z
        .array(
          z.object({
            operation: z.object({
              ports: texts.exactOptional(),
              notPorts: texts.exactOptional(),
              methods: texts.exactOptional(),
              notMethods: texts.exactOptional(),
              paths: texts.exactOptional(),
              notPaths: texts.exactOptional(),
            }),
          }),
        )
        .exactOptional(),
      when: z.array(z.object({ key: z.enum(CONDITIONS), values: texts })).exactOptional(),
    }),
  ),
});

export function publishPolicies(policies: readonly AuthorizationPolicy[]): PublishedPolicies {
  return publishSpecs(policies);
}

/**
 * The policies that a stack's last update made: with no cluster to ask, they stay, as the exports do.
 * @param output what it published; undefined or null before the first update.
 * @throws FaultsError when that cannot be read: to go on without it would take the guards away.
 */
export function readPolicies(output: unknown): AuthorizationPolicy[] {
  return readSpecs(spec, output, "last policies of this stack");
}
