import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { FoundDestinationRule } from "../../../federation/exports/destinationRules.ts";
import { clientRuleFindings } from "../../../federation/imports/clientRules.ts";
import { hasDestinationRule, renderDestinationRule } from "../../../federation/imports/destinationRule.ts";
import { type Import, plainImport } from "../../../federation/imports/import.ts";
import type { ClientTls } from "../../../federation/traffic/specs.ts";
import { installed, joiningConfig, withMesh } from "../existing/installation.ts";
import { planOf } from "../planning.ts";
import { contractOf, validConfig } from "../samples.ts";
import { type RuleParts, foundRule, tlsPolicy } from "../exports/foundRules.ts";

const HOST = "bar.shop.svc.cluster-b.local";
const ID = "spiffe://cluster-b.local/ns/shop/sa/bar";
const OTHER_ID = "spiffe://cluster-b.local/ns/shop/sa/foo";

const plain: Import = plainImport({
  ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
  subjectAltNames: [ID],
});
/** Needs the SNI of its own host. */
const renamed: Import = { ...plain, remoteHost: "bar.shop.svc.cluster.local" };
const RENAMED_SNI = "outbound_.8080_._.bar.shop.svc.cluster.local";
const terminated: Import = { ...plain, terminated: true };
const ejecting: Import = { ...plain, outlierDetection: { consecutive5xxErrors: 3 } };

const tls = (settings: Partial<ClientTls>): Partial<RuleParts> => ({
  trafficPolicy: { tls: { mode: "ISTIO_MUTUAL", ...settings } },
});

const rule = (changes: Partial<RuleParts> = {}): FoundDestinationRule =>
  foundRule({ namespace: "client", name: "theirs", host: HOST, ...tls({}), ...changes });

/** Findings, each as `fault|warn place: rule. remedy`. */
function findings(
  service: Import,
  foreign: readonly FoundDestinationRule[],
  { clients = ["*"], exportTo = ["*"] }: { clients?: string[]; exportTo?: string[] } = {},
): string[] {
  const input = { host: HOST, service, peer: "cluster-b", namespace: "istio-federation", exportTo: clients };
  const ours = hasDestinationRule(service)
    ? [
        {
          ...{ namespace: "istio-federation", name: HOST, created: "9999", labels: {} },
          spec: renderDestinationRule(input).spec,
        },
      ]
    : [];
  const found = clientRuleFindings([{ host: HOST, service, clients }], foreign, ours, {
    ...MESH,
    destinationRuleExportTo: exportTo,
  });
  const format = (kind: string) => (fault: { path: string; rule: string; remedy: string }) =>
    `${kind} ${fault.path}: ${fault.rule}. ${fault.remedy}`;
  return [...found.faults.map(format("fault")), ...found.warnings.map(format("warn"))];
}

const MESH = { domain: "cluster-a.local", rootNamespace: "istio-system", destinationRuleExportTo: ["*"] };
const ROOT = { namespace: "istio-system", name: "all" };
const OURS = { namespace: "istio-federation", name: "odd" };
const DISABLE = { trafficPolicy: tlsPolicy("DISABLE") };

describe("A plan with DestinationRules of others", () => {
  const everywhere = rule({ ...ROOT, ...DISABLE, host: "*.local" });
  const peers = { "cluster-b": { contract: contractOf() } };
  const cluster = { destinationRules: { value: [everywhere] } };
  const FAULT = /DestinationRule istio-system\/all: decides how all namespaces .* sets TLS mode DISABLE/;

  it("has a fault where calls to imports would fail", () => {
    const own = validConfig(
      {
        cluster: { name: "cluster-a", domain: "cluster-a.local" },
        kubeconfig: { context: "cluster-a" },
        peers: { "cluster-b": { stack: "cluster-b" } },
      },
      "cluster-a",
    );
    assert.throws(() => planOf(own, { peers, snapshot: { cluster } }), FAULT);
  });

  it("counts with the defaults of an Istio that is there", () => {
    const config = joiningConfig({ peers: { "cluster-b": { stack: "cluster-b" } } });
    const plan = (meshConfig: object) => {
      const installation = { value: installed({ controlPlanes: [withMesh(meshConfig)] }) };
      return planOf(config, { peers, snapshot: { cluster: { ...cluster, installation } } });
    };
    assert.throws(() => plan({}), FAULT);
    const { warnings } = plan({ defaultDestinationRuleExportTo: ["."] });
    assert.match(warnings.join("\n"), /decides how namespace\(s\) istio-system call/);
  });
});

describe("DestinationRules of others for imported services", () => {
  const cases: [
    title: string,
    service: Import,
    rules: Partial<RuleParts>[],
    expected: RegExp[],
    options?: Parameters<typeof findings>[2],
  ][] = [
    // The client's namespace.
    ["in a client's namespace may have Istio's mutual TLS", plain, [{}], []],
    ["… or settings without TLS", plain, [{ trafficPolicy: { connectionPool: {} } }], []],
    ["… or no policy, where ours says nothing that they lack", plain, [{ trafficPolicy: undefined }], []],
    ["are warned of where they disable TLS", plain, [DISABLE], [/^warn .* sets TLS mode DISABLE/]],
    ["… by a mode left out", plain, [{ trafficPolicy: { tls: {} } }], [/sets TLS mode DISABLE/]],
    [
      "… by MUTUAL, where calls may succeed by certificates of its own",
      plain,
      [{ ...ROOT, trafficPolicy: tlsPolicy("MUTUAL") }],
      [/^warn .* of its own choice/],
    ],
    ["… by SIMPLE", plain, [{ trafficPolicy: tlsPolicy("SIMPLE") }], [/sets TLS mode SIMPLE/]],
    [
      "… for the import's port",
      plain,
      [{ trafficPolicy: tlsPolicy("ISTIO_MUTUAL", { 8080: "DISABLE" }) }],
      [/sets TLS mode DISABLE/],
    ],
    ["… and not for another port", plain, [{ trafficPolicy: tlsPolicy(undefined, { 1: "DISABLE" }) }], []],
    [
      "… for all ports, which a port's settings without TLS do not change",
      plain,
      [{ trafficPolicy: { tls: { mode: "DISABLE" }, portLevelSettings: [{ port: { number: 8080 } }] } }],
      [/sets TLS mode DISABLE/],
    ],
    ["replace ours, and lack its SNI", renamed, [{}], [/^warn .* has not the SNI .* calls fail/]],
    ["… where they have no TLS", renamed, [{ trafficPolicy: {} }], [/has not the SNI/]],
    ["… where they have no policy at all", renamed, [{ trafficPolicy: undefined }], [/has not the SNI/]],
    [
      "… where the gateway terminates TLS",
      terminated,
      [{}],
      [/sni: p8080\.bar\.shop\.svc\.cluster-b\.local/],
    ],
    ["… unless they have it", renamed, [tls({ sni: RENAMED_SNI })], []],
    [
      "… in the settings of the port, which replace those of all",
      renamed,
      [
        {
          trafficPolicy: {
            tls: { mode: "ISTIO_MUTUAL", sni: RENAMED_SNI },
            portLevelSettings: [{ port: { number: 8080 }, loadBalancer: {} }],
          },
        },
      ],
      [/has not the SNI/],
    ],
    ["may not have another SNI where Istio's is right", plain, [tls({ sni: "x" })], [/has not the SNI/]],
    ["may accept the same identities", plain, [tls({ subjectAltNames: [ID] })], []],
    [
      "… or others with a warning",
      plain,
      [tls({ subjectAltNames: [ID, OTHER_ID] })],
      [/^warn .* accepts other/],
    ],
    ["… or none of them", plain, [tls({ subjectAltNames: [OTHER_ID] })], [/^warn .* accepts none/]],
    [
      "may not skip the verification",
      plain,
      [tls({ insecureSkipVerify: true })],
      [/^warn .* insecureSkipVerify/],
    ],
    ["take the import rule's outlier detection away", ejecting, [{}], [/^warn .* has no outlierDetection/]],
    ["… unless they have their own", ejecting, [{ trafficPolicy: { outlierDetection: {} } }], []],
    // Hosts.
    ["match by a wildcard", renamed, [{ host: "*.cluster-b.local" }], [/has not the SNI/]],
    ["… that ends within a label", renamed, [{ host: "*ster-b.local" }], [/has not the SNI/]],
    ["… by '*'", renamed, [{ host: "*" }], [/has not the SNI/]],
    ["… and not below the host", renamed, [{ host: `*.${HOST}` }], []],
    ["… nor by a short name, which is a Service of its own namespace", renamed, [{ host: "bar" }], []],
    [
      "are chosen by the most specific host",
      renamed,
      [
        { ...DISABLE, host: "*.local" },
        { name: "near", host: "*.svc.cluster-b.local", ...tls({ sni: RENAMED_SNI }) },
      ],
      [],
    ],
    // Visibility.
    [
      "are for their namespace by '.'",
      plain,
      [{ ...DISABLE, exportTo: ["."] }],
      [/namespace\(s\) client call/],
    ],
    ["… and by its name", plain, [{ ...DISABLE, exportTo: ["client"] }], [/namespace\(s\) client call/]],
    ["… not where they are for others", plain, [{ ...DISABLE, exportTo: ["other"] }], []],
    ["have no effect where the import is not seen", plain, [DISABLE], [], { clients: ["other"] }],
    ["have one where the import is for it by name", plain, [DISABLE], [/^warn/], { clients: ["client"] }],
    // The root namespace.
    [
      "in Istio's root namespace are faults for all namespaces",
      plain,
      [{ ...ROOT, ...DISABLE, host: "*.local" }],
      [
        /^fault DestinationRule istio-system\/all: decides how all namespaces without a rule of their own call/,
      ],
    ],
    [
      "… warnings where calls do not fail",
      plain,
      [{ ...ROOT, ...tls({ insecureSkipVerify: true }) }],
      [/^warn/],
    ],
    ["… hidden by ours, where there is one", renamed, [{ ...ROOT, ...DISABLE, host: "*" }], []],
    ["… and by the caller's own", plain, [{ ...ROOT, ...DISABLE }, {}], [], { clients: ["client"] }],
    [
      "… except for namespaces without one",
      plain,
      [{ ...ROOT, ...DISABLE }, {}],
      [/^fault .* namespace\(s\) other call/],
      { clients: ["client", "other"] },
    ],
    [
      "… for its own clients alone by '.'",
      plain,
      [{ ...ROOT, ...DISABLE, exportTo: ["."] }],
      [/^warn .* istio-system/],
    ],
    [
      "… for those that it is exported to",
      plain,
      [{ ...ROOT, ...DISABLE, exportTo: ["a"] }],
      [/^fault .* namespace\(s\) a call/],
    ],
    [
      "… for nobody else where the mesh shows rules to their namespace only",
      plain,
      [{ ...ROOT, ...DISABLE }],
      [/^warn .* istio-system/],
      { exportTo: ["."] },
    ],
    // Our namespace.
    [
      "in our namespace are faults, as they are merged with ours and the older decides",
      renamed,
      [{ ...OURS, ...DISABLE }],
      [/^fault DestinationRule istio-federation\/odd/],
    ],
    ["… also by another exportTo", renamed, [{ ...OURS, ...DISABLE, exportTo: ["*"] }], [/^fault/]],
    ["… not by a wildcard, as ours is more specific", renamed, [{ ...OURS, ...DISABLE, host: "*" }], []],
    ["… by a wildcard where there is none of ours", plain, [{ ...OURS, ...DISABLE, host: "*" }], [/^fault/]],
    ["… before those of the root namespace", plain, [{ ...OURS }, { ...ROOT, ...DISABLE }], []],
    [
      "in any other namespace have no effect there",
      plain,
      [{ ...DISABLE, namespace: "z" }],
      [],
      { clients: ["a"] },
    ],
    // Selectors.
    [
      "with a selector are for some workloads",
      plain,
      [{ ...DISABLE, workloadSelector: { matchLabels: { app: "x" } } }],
      [/decides for the workloads that it selects how namespace\(s\) client/],
    ],
    [
      "… and leave the others without ours",
      renamed,
      [{ ...tls({ sni: RENAMED_SNI }), workloadSelector: { matchLabels: { app: "x" } } }],
      [
        /leaves the workloads of namespace\(s\) client that it does not select .* in a rule without workloadSelector/,
      ],
    ],
    [
      "… unless another one is for these",
      renamed,
      [
        { ...tls({ sni: RENAMED_SNI }), workloadSelector: { matchLabels: { app: "x" } } },
        { name: "rest", ...tls({ sni: RENAMED_SNI }) },
      ],
      [],
    ],
    // Several of one host in one namespace.
    [
      "are merged with others of the host: the oldest with a policy decides",
      plain,
      [
        { ...DISABLE, created: "2026-11-21T10:00:01Z" },
        { name: "older", trafficPolicy: undefined },
        { name: "old", created: "2026-11-21T10:00:00Z" },
      ],
      [],
    ],
    [
      "… where their exportTo are equal; else the last one decides",
      plain,
      [{ name: "older" }, { ...DISABLE, exportTo: ["*"], created: "2026-11-21T10:00:01Z" }],
      [/sets TLS mode DISABLE/],
    ],
  ];
  for (const [title, service, rules, expected, options] of cases)
    it(title, () => {
      for (const list of [rules, rules.toReversed()]) {
        const found = findings(service, list.map(rule), options);
        assert.equal(found.length, expected.length, found.join("\n"));
        for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? "", pattern);
      }
    });

  it("are named with their owner, the hosts and the change", () => {
    const labels = { "app.kubernetes.io/managed-by": "Helm", team: "web" };
    assert.deepEqual(findings(renamed, [rule({ labels })]), [
      "warn DestinationRule client/theirs: decides how namespace(s) client call(s) 1 imported service(s) (bar.shop.svc.cluster-b.local), which is labelled app.kubernetes.io/managed-by=Helm, team=web, and has not the SNI by which the peer's gateway knows the service, so calls fail. " +
        'Write tls {mode: ISTIO_MUTUAL, sni: outbound_.8080_._.bar.shop.svc.cluster.local} for port 8080 of bar.shop.svc.cluster-b.local, and likewise for each port and host (docs/imports.md, "DestinationRules of callers")',
    ]);
  });

  it("are one finding for all hosts of a rule", () => {
    const imports = ["a", "b"].map((name) => ({ host: `${name}.b.local`, service: plain, clients: ["*"] }));
    const { faults } = clientRuleFindings(imports, [rule({ ...ROOT, ...DISABLE, host: "*" })], [], MESH);
    assert.equal(faults.length, 1);
    assert.match(faults[0]?.rule ?? "", /2 imported service\(s\) \(a\.b\.local, b\.b\.local\)/);
  });
});
