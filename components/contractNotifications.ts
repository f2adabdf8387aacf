import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { NotifyTarget } from "../federation/config/notify.ts";
import { contentDigest } from "../federation/contract/signature.ts";
import { ContractNotification } from "../providers/contractNotification.ts";

/**
 * Tells each place of a new contract, after all else.
 * @param contract output `federation`; undefined where nothing is published.
 * @param after what has to be done before.
 */
export function notifyOf(
  targets: readonly NotifyTarget[],
  contract: pulumi.Input<object | undefined>,
  after: readonly pulumi.Resource[],
): void {
  const told = pulumi.output(contract).apply((published) => {
    const { cluster = "", revision = 0 } = (published ?? {}) as { cluster?: string; revision?: number };
    return { cluster, revision, digest: published === undefined ? "" : contentDigest(published) };
  });
  for (const target of targets)
    new ContractNotification(
      `notify-${nameOf(target)}`,
      { target, contract: told },
      { dependsOn: [...after] },
    );
}

/** Name of the resource: another place is another one, whatever its place in the list. */
function nameOf(target: NotifyTarget): string {
  const { operatorStack, repository, url } = target;
  const place =
    operatorStack === undefined ? (repository ?? url) : [operatorStack.namespace, operatorStack.name];
  return createHash("sha256").update(JSON.stringify(place)).digest("hex").slice(0, 8);
}
