import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { ADDRESS, canonicalAddress } from "../../../federation/core/address.ts";
import {
  cleanDomain,
  cleanFingerprint,
  cleanHost,
  cleanPem,
  cleanText,
} from "../../../federation/core/pasted.ts";
import { TRUST_DOMAIN } from "../../../federation/core/spiffe.ts";
import { FINGERPRINT, canonicalFingerprint } from "../../../federation/x509/certificate.ts";
import type { StackConfig } from "../../../federation/config/stackConfig.ts";
import { parseRootConfig } from "../../../federation/config/rootStack.ts";
import { ROOT_A, validConfig } from "../samples.ts";

const HEX = "ab".repeat(32);
const COLONS = HEX.toUpperCase().match(/../g)!.join(":");

describe("A pasted value", () => {
  for (const [kind, clean, written, expected] of [
    ["text", cleanText, '  "a b"\r\n', "a b"],
    ["text", cleanText, "\uFEFF'o/p/b'\n", "o/p/b"],
    ["text", cleanText, '"half', '"half'],
    ["address", cleanHost, "https://gw.example.com/", "gw.example.com"],
    ["address", cleanHost, " [2001:db8::1] ", "2001:db8::1"],
    ["address", cleanHost, "https://[2001:db8::1]/", "2001:db8::1"],
    ["domain", cleanDomain, "spiffe://Cluster-B.local/", "cluster-b.local"],
    ["domain", cleanDomain, '"cluster-b.local."\r\n', "cluster-b.local"],
    ["fingerprint", cleanFingerprint, `SHA256 Fingerprint=${COLONS}\n`, COLONS],
    ["fingerprint", cleanFingerprint, `sha256 Fingerprint=${COLONS}`, COLONS],
    ["fingerprint", cleanFingerprint, `sha256:${HEX}`, HEX],
    ["fingerprint", cleanFingerprint, `SHA2-256(stdin)= ${HEX}`, HEX],
    ["fingerprint", cleanFingerprint, `${HEX}  -\n`, HEX],
    ["fingerprint", cleanFingerprint, `${HEX} *ca cert.der`, HEX],
    ["fingerprint", cleanFingerprint, COLONS.replaceAll(":", " "), HEX.toUpperCase()],
  ] as const)
    it(`is a ${kind} without what is around it: ${JSON.stringify(written).slice(0, 60)}`, () => {
      assert.equal(clean(written), expected);
    });

  for (const [what, rule, value] of [
    ["an address with a port", ADDRESS, canonicalAddress(cleanHost("https://gw.example.com:8443/"))],
    ["an address with a path", ADDRESS, canonicalAddress(cleanHost("https://gw.example.com/x"))],
    ["a workload's identity for a trust domain", TRUST_DOMAIN, cleanDomain("spiffe://b.local/ns/a/sa/b")],
    ["two fingerprints", FINGERPRINT, cleanFingerprint(`${HEX} ${HEX}`)],
    ["a fingerprint by SHA-1", FINGERPRINT, cleanFingerprint("SHA1 Fingerprint=AA:BB")],
  ] as const)
    it(`is refused where it is not clear: ${what}`, () => {
      assert.equal(rule.test(value), false, value);
    });

  const base64 = Buffer.from(ROOT_A).toString("base64");
  for (const [what, written] of [
    ["as it is", ROOT_A],
    ["with Windows' line ends", ROOT_A.replaceAll("\n", "\r\n")],
    ["with indented lines", ROOT_A.replaceAll(/^/gm, "    ")],
    ["in quotes, with escaped line ends", JSON.stringify(ROOT_A)],
    ["in base64, as in a Secret", base64],
    ["in base64 of several lines", base64.replaceAll(/.{76}/g, "$&\n")],
  ] as const)
    it(`is PEM ${what}`, () => {
      assert.equal(cleanPem(written), ROOT_A);
    });

  it("is no PEM where it names a file", () => {
    for (const file of ["certs/root-cert.pem", "~/ca.pem", "LS0tLS1CRUdJT*"])
      assert.equal(cleanPem(file), file);
  });

  it("is taken by the fields of a config", () => {
    const { cluster, peers, gateway } = validConfig(
      {
        cluster: { name: "cluster-a", domain: "Cluster-A.local.", trustDomain: "spiffe://a.example/" },
        kubeconfig: { context: "cluster-a" },
        gateway: { advertise: [{ address: "https://GW.example.com/" }] },
        peers: {
          "cluster-b": {
            stack: " o/p/b\n",
            identity: { trustDomain: "spiffe://b.local", roots: [`SHA256 Fingerprint=${COLONS}`] },
          },
        },
      },
      "cluster-a",
    );
    assert.deepEqual([cluster.domain, cluster.trustDomain], ["cluster-a.local", "a.example"]);
    assert.equal(gateway.advertise?.[0]?.address, "gw.example.com");
    assert.equal(peers["cluster-b"]?.stack, "o/p/b");
    assert.deepEqual(peers["cluster-b"].identity?.roots, [canonicalFingerprint(HEX)]);
    assert.equal(peers["cluster-b"].identity.trustDomain, "b.local");
  });

  const OWN = {
    cluster: { name: "cluster-a", domain: "cluster-a.local" },
    kubeconfig: { context: "cluster-a" },
  };
  for (const [field, changes, pick, expected] of [
    [
      "certificateAuthority.shared.stack",
      { certificateAuthority: { source: "shared", shared: { stack: '"o/p/root"\n' } } },
      (config) => config.certificateAuthority.shared?.stack,
      "o/p/root",
    ],
    [
      "cluster.domains",
      { cluster: { ...OWN.cluster, domains: ["https://Shop.Example./"] } },
      (config) => config.cluster.domains,
      ["shop.example"],
    ],
    [
      "peers.<name>",
      {
        peers: {
          b: {
            stack: "b",
            acceptRemoval: " removal-0123456789ab\n",
            identity: { cluster: "'cluster-b'", domains: ["B.Example."], roots: [`${HEX}  -`] },
          },
        },
      },
      ({ peers: { b } }) => [
        b?.identity?.cluster,
        b?.identity?.domains,
        b?.identity?.roots,
        b?.acceptRemoval,
      ],
      ["cluster-b", ["b.example"], [canonicalFingerprint(HEX)], "removal-0123456789ab"],
    ],
    [
      "dns.coreDns.address",
      {
        topology: "replicated",
        certificateAuthority: { source: "shared", shared: { stack: "root" } },
        dns: { coreDns: { address: "https://10.0.0.9/" } },
      },
      (config) => config.dns?.coreDns?.address,
      "10.0.0.9",
    ],
    [
      "gateway.service",
      {
        gateway: {
          service: {
            loadBalancerIP: "[2001:db8::1]",
            loadBalancerSourceRanges: ["203.0.113.0/24\r\n"],
            externalIPs: ["'203.0.113.9'"],
          },
        },
      },
      ({ gateway: { service } }) => [
        service.loadBalancerIP,
        service.loadBalancerSourceRanges,
        service.externalIPs,
      ],
      ["2001:db8::1", ["203.0.113.0/24"], ["203.0.113.9"]],
    ],
    [
      "allowGatewayAddresses",
      { allowGatewayAddresses: [" 127.0.0.0/8\n"] },
      (config) => config.allowGatewayAddresses,
      ["127.0.0.0/8"],
    ],
    [
      "singleMesh.apiServer.server",
      {
        topology: "single-mesh",
        singleMesh: { meshId: "m", apiServer: { server: '"https://api.a.example:6443"\n' } },
      },
      (config) => config.singleMesh?.apiServer.server,
      "https://api.a.example:6443",
    ],
  ] as [string, object, (config: StackConfig) => unknown, unknown][])
    it(`is taken by ${field}`, () => {
      assert.deepEqual(pick(validConfig({ ...OWN, ...changes }, "cluster-a")), expected);
    });

  it("is taken by the stacks of a shared root", () => {
    const clusters = { "cluster-a": { stack: "'o/p/a'\n", trustDomain: "a.example", key: `${HEX}  -` } };
    const { config, faults } = parseRootConfig({ rootAuthority: { clusters } }, "root");
    assert.deepEqual(faults, []);
    assert.equal(config?.rootAuthority.clusters["cluster-a"]?.stack, "o/p/a");
    const twice = { ...clusters, "cluster-b": { stack: "o/p/a", trustDomain: "b.example" } };
    const { faults: twins } = parseRootConfig({ rootAuthority: { clusters: twice } }, "root");
    assert.match(twins[0]?.rule ?? "", /is the stack of cluster cluster-a too/);
  });
});
