import fc from "fast-check";
import type { Contract } from "../../federation/contract/contract.ts";
import type { ContractService, ServicePort } from "../../federation/contract/service.ts";
import type { GatewayAddress } from "../../federation/core/address.ts";
import { compare, sortedUnique } from "../../federation/core/order.ts";
import { PROTOCOLS } from "../../federation/core/port.ts";
import { type Import, plainImport } from "../../federation/imports/import.ts";
import type { OutlierDetection } from "../../federation/imports/outlierDetection.ts";
import { contractOf } from "./samples.ts";

/** A record with the prototype of literals, so that deepEqual compares fields only. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

/** A DNS-1123 label. */
export const label = (): fc.Arbitrary<string> => fc.stringMatching(/^[a-z][a-z0-9]{0,4}(-[a-z0-9]{1,3})?$/);

const servicePort = (): fc.Arbitrary<ServicePort> =>
  record({
    number: fc.integer({ min: 1, max: 65535 }),
    name: label(),
    protocol: fc.constantFrom(...PROTOCOLS),
  });

/** Ports as a contract has them: by number, no number or name twice. */
const servicePorts = (): fc.Arbitrary<ServicePort[]> =>
  fc
    .uniqueArray(servicePort(), {
      minLength: 1,
      maxLength: 5,
      comparator: (one, other) => one.number === other.number || one.name === other.name,
    })
    .map((ports) => ports.sort((one, other) => one.number - other.number));

/** A service as a contract has it, of the trust domain given. */
export const contractService = (trustDomain = "cluster-b.local"): fc.Arbitrary<ContractService> =>
  record({
    ports: servicePorts(),
    subjectAltNames: fc
      .array(fc.tuple(label(), label()), { minLength: 1, maxLength: 4 })
      .map((ids) => sortedUnique(ids.map(([ns, sa]) => `spiffe://${trustDomain}/ns/${ns}/sa/${sa}`))),
  });

/** A service as it is registered here without any setting. */
export const peerImport = (): fc.Arbitrary<Import> => contractService().map(plainImport);

/** Outlier detection with at least one field. */
export const outlierDetection = (): fc.Arbitrary<OutlierDetection> => {
  const errors = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const duration = fc.tuple(fc.integer({ min: 1, max: 999_999 }), fc.constantFrom("ms", "s", "m", "h"));
  const percent = fc.integer({ min: 0, max: 100 });
  const time = duration.map(([number, unit]) => `${number}${unit}`);
  return fc
    .record(
      {
        consecutive5xxErrors: errors,
        consecutiveGatewayErrors: errors,
        interval: time,
        baseEjectionTime: time,
        maxEjectionPercent: percent,
        minHealthPercent: percent,
      },
      { requiredKeys: [], noNullPrototype: true },
    )
    .filter((value) => Object.keys(value).length > 0);
};

/** Gateways as a contract has them: sorted, none twice. */
export const gateways = (): fc.Arbitrary<GatewayAddress[]> =>
  fc
    .uniqueArray(
      record({
        address: fc.oneof(
          fc.ipV4().filter((address) => !/(^|\.)0\d/.test(address)),
          label().map((name) => `${name}.example.com`),
        ),
        port: fc.integer({ min: 1, max: 65535 }),
      }),
      { minLength: 1, maxLength: 4, selector: ({ address, port }) => `${address}:${port}` },
    )
    .map((list) => list.sort((one, other) => compare(one.address, other.address) || one.port - other.port));

/** A list with these elements in another order. */
export function shuffled<T>(list: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...list], { minLength: list.length });
}

/** A contract of a cluster in the domain `<cluster>.local`, mostly honest, so that what is not gets past the first check. */
export function doubtfulContract(cluster: string): fc.Arbitrary<Contract> {
  const anyDomain = fc.constantFrom(
    "cluster-a.local",
    "cluster-b.local",
    "local",
    "b.cluster-b.local",
    "evil.example",
  );
  const host = fc.oneof(
    fc.tuple(label(), label(), anyDomain).map(([name, ns, domain]) => `${name}.${ns}.svc.${domain}`),
    fc.tuple(label(), anyDomain).map(([name, domain]) => `${name}.${domain}`),
    fc.domain(),
    fc.string(),
  );
  const anyAddress = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4Extended(),
    fc.domain(),
    fc.constantFrom("localhost", "::1"),
  );
  const own = <T>(value: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, other);
  const domain = own(`${cluster}.local`, anyDomain);
  const address = own("203.0.113.1", anyAddress);
  const service = fc.oneof(
    { weight: 4, arbitrary: contractService(`${cluster}.local`) },
    contractService("evil.example"),
    fc.jsonValue(),
  );
  const ownHost = label().map((name) => `${name}.xyz.svc.${cluster}.local`);
  return fc
    .record({
      clusterDomain: domain,
      trustDomain: domain,
      gateways: fc.array(fc.record({ address, port: fc.integer({ min: 1, max: 65535 }) }), {
        maxLength: 2,
      }),
      services: fc.dictionary(fc.oneof({ weight: 2, arbitrary: ownHost }, host), service, { maxKeys: 5 }),
    })
    .map((changes) => contractOf({ cluster, ...changes }));
}

/** Number of random cases: few by default, many where `TEST_DEEP` is set (`npm run test:deep`). */
export function sweep(sample: number, deep: number): number {
  return process.env["TEST_DEEP"] ? deep : sample;
}
