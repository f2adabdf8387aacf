import { hostOf } from "./extremes.ts";

/** The domain that honest contracts here have. */
const DOMAIN = "cluster-b.local";

/** Domains that a peer may claim: ours, its neighbour's, and what looks like them. */
export const DOMAINS = [
  "cluster-a.local",
  "local",
  "x.cluster-a.local",
  "cluster-c.local",
  "x.cluster-b.local",
  "evil.example",
  "evilcluster-b.local",
  "cluster-b.local.evil.example",
  "svc.cluster-b.local",
  "svc",
  "com",
  "cluster.local",
  "svc.cluster.local",
  "mesh",
  "cluster-a.mesh",
  "x.cluster-b.mesh",
  "global",
];

/** Further domains that a contract may list: valid ones, and ones that nobody may own. */
export const OWNED = ["shop.example", "shop.example", "evil.example", "x.shop.example", "x.svc", 5, null];

/** Names of services: of others, of nobody, and of a form that no Service has. */
export const HOSTS = [
  "*",
  "localhost",
  "kubernetes",
  "10.0.0.1",
  "::1",
  "127.1",
  "0x7f000001",
  DOMAIN,
  `svc.${DOMAIN}`,
  `xyz.svc.${DOMAIN}`,
  `a.b.c.d.svc.${DOMAIN}`,
  `*.xyz.svc.${DOMAIN}`,
  `bar.xyz.${DOMAIN}`,
  `bar.xyz.pod.${DOMAIN}`,
  "bar.shop.example",
  "shop.example",
  `bar.xyz.svc.${DOMAIN}.`,
  `bar..svc.${DOMAIN}`,
  `constructor.xyz.svc.${DOMAIN}`,
  `1.2.svc.${DOMAIN}`,
  ...[236, 237, 240, 241, 253, 254].map(hostOf),
  "kubernetes.default.svc.cluster-a.local",
  "www.example.com",
];

/** Addresses of gateways: of this side, of machines, and in unusual spellings. */
export const ADDRESSES = [
  "127.0.0.1",
  "0.0.0.0",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "169.254.169.254",
  "224.0.0.1",
  "240.240.0.1",
  "255.255.255.255",
  "fe80::1",
  "fe80::1%eth0",
  "203.0.113.020",
  "2130706433",
  "0x7f.1",
  "10.0.0.0/8",
  "unix:///var/run/docker.sock",
  "localhost",
  "foo.localhost",
  "gateway",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster-a.local",
  "cluster-a.local",
  "GW.Example.COM.",
  "2001:DB8:0:0::1",
  "::ffff:203.0.113.5",
  "[2001:db8::1]",
];

/** Identities of others, and texts that some parser may take for one of the peer's. */
export const IDENTITIES = [
  "*",
  "spiffe://",
  "spiffe://*",
  `spiffe://${DOMAIN}`,
  `spiffe://${DOMAIN}/`,
  `spiffe://${DOMAIN}/ns/../sa/x`,
  `SPIFFE://${DOMAIN}/ns/a/sa/b`,
  `spiffe://${DOMAIN}:443/ns/a/sa/b`,
  `spiffe://${DOMAIN}@evil/ns/a/sa/b`,
  "spiffe://cluster-a.local/ns/a/sa/b",
  `spiffe://x.${DOMAIN}/ns/a/sa/b`,
  `spiffe://${DOMAIN}.evil/ns/a/sa/b`,
  `spiffe://${DOMAIN}/ns/a/sa/b, spiffe://evil/ns/a/sa/b`,
  `spiffe://${DOMAIN}/ns/a/sa/b as x`,
  `spiffe://${DOMAIN}/${"x".repeat(2000)}`,
];

/** Versions of the contract's schema. */
export const VERSIONS: readonly unknown[] = [
  0,
  2,
  1.5,
  -1,
  "1",
  "2",
  Number.NaN,
  Number.POSITIVE_INFINITY,
  null,
  [1],
  10n,
];
