import type { Contract } from "../../../federation/contract/contract.ts";
import type { ContractService, ServicePort } from "../../../federation/contract/service.ts";
import type { GatewayAddress } from "../../../federation/core/address.ts";
import { contractOf } from "../samples.ts";

const DOMAIN = "cluster-b.local";

/** So many ports, with names of so many characters. */
export function portsOf(count: number, width = 4): ServicePort[] {
  return Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    name: `p${String(index).padStart(width - 1, "0")}`,
    protocol: "HTTP",
  }));
}

/** So many identities of cluster-b, of so many characters. */
export function identitiesOf(count: number, length = 60): string[] {
  return Array.from({ length: count }, (_, index) => {
    const start = `spiffe://${DOMAIN}/ns/xyz/sa/`;
    return start + `s${index}`.padStart(length - start.length, "x");
  });
}

/** So many gateways; on two ports, if asked. */
export function gatewaysOf(count: number, { names = false, twoPorts = false } = {}): GatewayAddress[] {
  return Array.from({ length: count }, (_, index) => ({
    address: names ? `gw${index}.${"x".repeat(63)}.example.com` : `10.0.${index >> 8}.${index & 255}`,
    port: twoPorts ? 15443 + (index % 2) : 15443,
  }));
}

/** A host of so many characters. */
export function hostOf(length: number): string {
  const end = `.${"x".repeat(63)}.${"y".repeat(63)}.${"z".repeat(63)}.svc.${DOMAIN}`;
  return "h".repeat(length - end.length) + end;
}

/** So many services, each the same. */
export function servicesOf(count: number, service: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`s${index}.xyz.svc.${DOMAIN}`, service]),
  );
}

const service = (changes: Partial<ContractService>): ContractService => ({
  ports: portsOf(1),
  subjectAltNames: identitiesOf(1),
  ...changes,
});

/** Contracts of one service that are as large as may be, in one way or another. */
export const EXTREMES: Readonly<Record<string, Contract>> = {
  "a host of 240 characters": contractOf({ services: { [hostOf(240)]: service({}) } }),
  "a port's name of 63 characters": one({ ports: portsOf(1, 63) }),
  "128 ports": one({ ports: portsOf(128, 62) }, gatewaysOf(3, { twoPorts: true })),
  "256 ports with names of 63 characters": one({ ports: portsOf(256, 63) }, gatewaysOf(3)),
  "256 ports on 4,096 gateways": one({ ports: portsOf(256) }, gatewaysOf(4096)),
  "128 ports on 560 gateways": one({ ports: portsOf(128) }, gatewaysOf(560)),
  "256 identities of 2,048 characters": one({ subjectAltNames: identitiesOf(256, 2048) }),
  "4,096 gateways": one({}, gatewaysOf(4096)),
  "3,000 gateways with names": one({}, gatewaysOf(3000, { names: true })),
  "gateways of all kinds": one({}, [
    ...gatewaysOf(2),
    ...gatewaysOf(2, { names: true }),
    { address: "2001:db8::1", port: 1, locality: `${"r".repeat(80)}/z_1/a.b` },
    { address: "198.51.100.1", port: 65535 },
  ]),
};

function one(changes: Partial<ContractService>, gateways = gatewaysOf(1)): Contract {
  return contractOf({ services: { [`bar.xyz.svc.${DOMAIN}`]: service(changes) }, gateways });
}
