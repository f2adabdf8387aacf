import type { ContractService } from "./contractService.ts";
import { type ExportRule, maySelect } from "./exportRule.ts";
import { sortedRecord } from "./order.ts";

/**
 * What a cluster still offers of what it last published, as far as that can be told without asking the cluster.
 * @param services as last published, by host name.
 * @param domain today's cluster domain: a name of another one leads nowhere any more.
 */
export function lastExports(
  services: Readonly<Record<string, ContractService>>,
  rules: readonly ExportRule[],
  domain: string,
): Record<string, ContractService> {
  return sortedRecord(
    Object.entries(services).filter(([host]) => {
      if (!host.endsWith(`.svc.${domain}`)) return false;
      const [name = "", namespace = "", ...rest] = host.slice(0, -`.svc.${domain}`.length).split(".");
      return namespace !== "" && rest.length === 0 && rules.some((rule) => maySelect(rule, namespace, name));
    }),
  );
}
