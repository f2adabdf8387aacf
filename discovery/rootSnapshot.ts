import type { RootSnapshot } from "../federation/authority/rootPlan.ts";
import type { RootConfig } from "../federation/config/rootStack.ts";
import { readOwnOutputs, readSigningRequest } from "./stacks.ts";

/** Reads everything that the plan of a shared root needs, in one concurrent pass. */
export async function readRootSnapshot({ rootAuthority: { clusters } }: RootConfig): Promise<RootSnapshot> {
  const requests = Object.entries(clusters).map(
    async ([name, { stack }]) => [name, await readSigningRequest(name, stack)] as const,
  );
  const [outputs, found] = await Promise.all([readOwnOutputs(), Promise.all(requests)]);
  return { now: new Date(), outputs, requests: Object.fromEntries(found) };
}
