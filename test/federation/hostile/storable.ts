import assert from "node:assert/strict";
import { isIP } from "node:net";
import type { ServiceEntry } from "../../../federation/imports/serviceEntry.ts";

/** Rules of Kubernetes, the CustomResourceDefinition and istiod's validation, written independently of the program. */
const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const PROTOCOLS = /^(?:tcp|grpc|grpc-web|http|http2|https|tls|mongo|redis|mysql)$/i;
/** Maximum length of `outbound_.<port>_._.<host>` as SNI. */
const SERVER_NAME = 255;
/** Bytes; the rest of etcd's 1.5 MiB is for `exportTo`, `managedFields` and istiod's status. */
const SIZE = 1_000_000;

/**
 * @param sniHost the host in the SNI: the entry's, or another one set by a DestinationRule.
 * @throws AssertionError when an API server with Istio's CRDs and webhook would refuse the entry, or it routes elsewhere.
 */
export function assertStorable(
  entry: ServiceEntry,
  gatewayPorts: ReadonlyMap<string, number[]>,
  sniHost: string,
): void {
  const { metadata, spec } = entry;
  assertName(metadata.name);
  assert.equal(metadata.namespace, "istio-federation");
  assert.ok(Object.values(metadata.labels).every((value) => LABEL_VALUE.test(value)));
  assert.deepEqual(spec.hosts, [metadata.name]);
  assert.ok(
    JSON.stringify({ ...entry, spec: { ...spec, exportTo: [] } }).length <= SIZE,
    "entry is too large",
  );

  assert.ok(spec.ports.length >= 1 && spec.ports.length <= 256, "ports");
  assert.ok(
    spec.ports.every(({ number }) => isPort(number)),
    "port numbers",
  );
  assert.ok(
    spec.ports.every(({ name }) => LABEL.test(name)),
    "port names",
  );
  assert.ok(
    spec.ports.every(({ protocol }) => PROTOCOLS.test(protocol)),
    "protocols",
  );
  assert.equal(new Set(spec.ports.map(({ number }) => number)).size, spec.ports.length);
  const isTerminated = metadata.annotations["istio-federation.dev/terminated"] === "true";
  const serverNames = spec.ports.map(({ number }) =>
    isTerminated ? `p${number}.` : `outbound_.${number}_._.`,
  );
  assert.ok(serverNames.every((place) => `${place}${sniHost}`.length <= SERVER_NAME));
  const names = new Set(spec.ports.map(({ name }) => name));
  assert.equal(names.size, spec.ports.length);

  assert.ok(spec.endpoints.length >= 1 && spec.endpoints.length <= 4096, "endpoints");
  for (const { address, ports = {}, locality = "" } of spec.endpoints) {
    if (isIP(address) === 0) {
      assert.equal(spec.resolution, "DNS");
      assertName(address);
    }
    assert.ok(locality.length <= 2048);
    const keys = Object.keys(ports);
    assert.ok(keys.length <= 128, "more than 128 ports at an endpoint");
    assert.ok(
      keys.every((key) => names.has(key) && key.length < 63),
      "port name of an endpoint",
    );
    // Every port needs the gateway's as its target, or Istio would use the service's own number.
    for (const { name, targetPort } of spec.ports) {
      const port = ports[name] ?? targetPort;
      assert.ok(port !== undefined && gatewayPorts.get(address)?.includes(port), "endpoint port");
    }
  }
}

function assertName(name: string): void {
  assert.ok(name.length <= 253 && name.split(".").every((part) => LABEL.test(part)), `name ${name}`);
  assert.ok(!/(?:^|\.)\d+$/.test(name), `name ${name} ends in a number`);
}

function isPort(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= 65535;
}
