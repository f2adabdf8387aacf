import fc from "fast-check";
import type { Contract } from "../../../federation/contract/contract.ts";
import { contractService, gateways, label } from "../arbitraries.ts";
import { ALL_FAMILIES, type Mutation, SERVICE_FAMILIES, mutate } from "./mutations.ts";
import { contractOf } from "../samples.ts";

/** A contract that was honest before it was changed. */
export interface HostileCase {
  honest: Contract;
  /** True if only services were changed, so the contract's other fields stay valid. */
  servicesOnly: boolean;
  mutations: Mutation[];
  exportTo: string[];
  /** Seed of the order of fields for a second parse. */
  order: number;
}

/** Contracts to start from; to draw from a pool is far quicker than to make each anew. */
const POOL = 300;

/** An honest contract of cluster-b. */
const honestContract = (): fc.Arbitrary<Contract> =>
  fc
    .tuple(
      gateways().filter((list) =>
        list.every(({ address }) => !/^(0|127|169\.254|2[2-5]\d|19[28])\./.test(address)),
      ),
      fc.dictionary(label(), contractService(), { minKeys: 1, maxKeys: 4 }),
    )
    .map(([addresses, byName]) =>
      contractOf({
        meshDomain: "cluster-b.mesh",
        domains: ["shop.example"],
        gateways: addresses,
        services: Object.fromEntries(
          Object.entries(byName).map(([name, service]) => [`${name}.xyz.svc.cluster-b.local`, service]),
        ),
      }),
    );

/** Contracts with one to three changes. The same seed gives the same cases. */
export function hostileCases(seed: number): fc.Arbitrary<HostileCase> {
  const pool = fc.sample(honestContract(), { numRuns: POOL, seed });
  const mutation = (families: readonly Mutation["family"][]): fc.Arbitrary<Mutation[]> =>
    fc.array(fc.record({ family: fc.constantFrom(...families), at: fc.nat(), pick: fc.nat() }), {
      minLength: 1,
      maxLength: 3,
    });
  return fc.boolean().chain((servicesOnly) =>
    fc.record({
      honest: fc.constantFrom(...pool),
      servicesOnly: fc.constant(servicesOnly),
      mutations: mutation(servicesOnly ? SERVICE_FAMILIES : ALL_FAMILIES),
      exportTo: fc.constantFrom(["*"], ["."], ["abc", "xyz"]),
      order: fc.nat(),
    }),
  );
}

/** The contract as the peer publishes it. */
export function hostileContract({ honest, servicesOnly, mutations }: HostileCase): unknown {
  const contract = structuredClone(honest);
  if (!servicesOnly) {
    for (const mutation of mutations) mutate(contract, mutation);
    return contract;
  }
  const [[host, service] = ["", undefined], ...others] = Object.entries(contract.services);
  const changed = { [host]: service };
  for (const mutation of mutations) mutate(changed, mutation);
  return { ...contract, services: Object.fromEntries([...Object.entries(changed), ...others]) };
}

/** Seed of the property tests with hostile contracts: `$FC_SEED`, else another one at each run. */
export const SEED: number = Number(process.env["FC_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
