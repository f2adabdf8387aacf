import { type Inputs, type State, digest, idOf } from "./inputs.ts";

/**
 * Services of the last update, by the resource's id, as `check` was told them: an update itself is told the outputs only, which hold
 * them as a digest. The engine asks both of one process; where it does not, an update looks at everything.
 */
const told = new Map<string, Readonly<Record<string, string>>>();

/** @param olds inputs of the last update, or what a refresh found; empty at the first. */
export function remember({ namespace, peer, services }: Partial<Inputs>): void {
  if (namespace === undefined || peer === undefined || services === undefined) return;
  told.set(idOf({ namespace, peer }), services);
}

/** @returns the services that the cluster had after the last update, to the letter; undefined when that is not known. */
export function recall(id: string, { servicesDigest }: State): Readonly<Record<string, string>> | undefined {
  const services = told.get(id);
  return services !== undefined && digest(services) === servicesDigest ? services : undefined;
}
