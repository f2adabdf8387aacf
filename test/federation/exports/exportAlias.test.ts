import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import type { ExportRule } from "../../../federation/config/exports.ts";
import { serviceHost } from "../../../federation/core/serviceHost.ts";
import { aliasObject, toAliases } from "../../../federation/exports/alias.ts";
import type { ClusterServices, KubernetesService } from "../../../federation/exports/clusterServices.ts";
import { lastExports } from "../../../federation/exports/lastExports.ts";
import { shuffled } from "../arbitraries.ts";
import { findings, rules } from "./exportsArbitraries.ts";
import { BAR_HOST, bar, byName, cluster, found, offeredBar, pod, exportsIn } from "./exportsFixture.ts";
import { foundRule, tlsPolicy } from "./foundRules.ts";

const ALIAS = "bar.shop.example";
const owning = { ...cluster, domains: ["shop.example"] };
const as: ExportRule[] = [{ ...byName[0]!, as: ALIAS }];

function offer(
  changes: Partial<KubernetesService> = {},
  others: Partial<ClusterServices> = {},
  made = as,
  ...last: Parameters<typeof exportsIn> extends [unknown, unknown, unknown, ...infer Rest] ? Rest : []
) {
  const services = [{ ...bar, ...changes }];
  const input = found({ services, workloads: [pod], ...others });
  const { warnings, ...exports } = exportsIn(input, made, owning, ...last);
  return {
    ...exports,
    warned: warnings.map(({ path }) => path),
    rules: warnings.map(({ rule }) => rule),
    aliases: toAliases(exports.offers, "istio-gateway"),
  };
}

describe("A Service that is exported under an alias", () => {
  it("has the alias as its host, and is otherwise unchanged", () => {
    const { services, offers, warned } = offer();
    assert.deepEqual([services, warned], [{ [ALIAS]: offeredBar }, []]);
    assert.deepEqual(
      offers.map(({ host, isAliased }) => [host, isAliased]),
      [[ALIAS, true]],
    );
  });

  it("has a ServiceEntry for its workloads, exported to the gateway only", () => {
    const { aliases } = offer({ ports: [{ name: "http", port: 80, targetPort: "web" }] });
    assert.deepEqual(aliases, [
      {
        namespace: "xyz",
        service: "bar",
        spec: {
          hosts: [ALIAS],
          location: "MESH_INTERNAL",
          resolution: "STATIC",
          ports: [{ number: 80, name: "istio-federation-80", protocol: "HTTP", targetPort: 8000 }],
          workloadSelector: { labels: { app: "bar" } },
          exportTo: ["istio-gateway"],
        },
      },
    ]);
    assert.equal(aliasObject(aliases[0]!), "istio-federation-as-bar");
  });

  it("has no ServiceEntry where the alias is its full name", () => {
    const { services, aliases } = offer({}, {}, [
      { ...byName[0]!, as: "{name}.{namespace}.svc.cluster-b.local" },
    ]);
    assert.deepEqual([Object.keys(services), aliases], [[BAR_HOST], []]);
  });

  it("is not exported without a selector", () => {
    const annotations = { "istio-federation.dev/subject-alt-names": "spiffe://b.example/ns/xyz/sa/bar" };
    const { services, warned } = offer({ selector: {}, annotations });
    assert.deepEqual([services, warned], [{}, ["Service xyz/bar.selector"]]);
  });

  it("is not exported under an invalid alias, or one outside the cluster's domains", () => {
    for (const name of ["svc", "x".repeat(63)]) {
      const made = [{ ...byName[0]!, services: [name], as: "{name}x.cluster-b.local" }];
      const template = name === "svc" ? [{ ...made[0]!, as: "{name}.cluster-b.local" }] : made;
      const { services, warned } = offer({ name }, {}, template);
      assert.deepEqual([services, warned], [{}, [`Service xyz/${name}.name`]]);
    }
  });

  it("loses ports with unknown numbers, and is not exported without ports", () => {
    const web = { name: "http", port: 80, targetPort: "web" };
    const other = { name: "grpc", port: 90, targetPort: "none" };
    const { services, aliases, warned } = offer({ ports: [web, other] });
    assert.deepEqual(
      services[ALIAS]?.ports.map(({ number }) => number),
      [80],
    );
    assert.deepEqual(
      aliases[0]?.spec.ports.map(({ number }) => number),
      [80],
    );
    assert.deepEqual(warned, ["Service xyz/bar.ports.grpc"]);
    const none = offer({ ports: [other] });
    assert.deepEqual([none.services, none.aliases, none.warned], [{}, [], ["Service xyz/bar.ports.grpc"]]);
    assert.match(none.rules[0] ?? "", /neither the port nor the Service is exported$/);
  });

  it("is subject to DestinationRules for the alias", () => {
    const made = { name: "off", trafficPolicy: tlsPolicy("DISABLE") };
    assert.deepEqual(offer({}, { destinationRules: [foundRule({ ...made, host: ALIAS })] }).services, {});
    assert.ok(ALIAS in offer({}, { destinationRules: [foundRule({ ...made, host: "bar" })] }).services);
  });

  it("is not exported where another Service has the same alias", () => {
    const services = [bar, { ...bar, name: "foo" }];
    const made = [{ namespaces: ["xyz"], services: ["*"], as: ALIAS }];
    const { services: offered, warned, rules: reasons } = offer({}, { services }, made);
    assert.deepEqual([offered, warned], [{}, ["exports[0].as"]]);
    assert.equal(
      reasons[0],
      "would be the host name of 2 Services (xyz/bar, xyz/foo), so none of them is exported",
    );
    const optedOut = { ...services[1]!, labels: { "istio-federation.dev/export": "false" } };
    assert.deepEqual(Object.keys(offer({}, { services: [bar, optedOut] }, made).services), [ALIAS]);
    const nobody = { namespaces: ["xyz"], services: ["foo"], as: ALIAS, peers: [] };
    assert.deepEqual(Object.keys(offer({}, { services }, [nobody, ...made]).services), [ALIAS]);
  });

  it("keeps its last identities when its alias changes, and takes no other Service's", () => {
    const identities = { ...offeredBar, subjectAltNames: ["spiffe://b.example/ns/xyz/sa/old"] };
    const before = { services: [{ ...bar }], workloads: [] };
    const published = offer().aliases;
    const sansOf = (...last: [Record<string, typeof offeredBar>, typeof published?]) =>
      offer({}, before, as, ...last).services[ALIAS]?.subjectAltNames;
    assert.deepEqual(sansOf({ [ALIAS]: identities }, published), identities.subjectAltNames);
    assert.deepEqual(sansOf({ [BAR_HOST]: identities }), identities.subjectAltNames);
    const others = published.map((alias) => ({ ...alias, service: "foo" }));
    assert.equal(sansOf({ [ALIAS]: identities }, others), undefined);
    const back = offer({}, before, byName, { [ALIAS]: identities }, published).services;
    assert.deepEqual(back[BAR_HOST]?.subjectAltNames, identities.subjectAltNames);
  });
});

describe("The hosts of Services while the cluster is unreachable", () => {
  const { aliases } = offer();
  const services = { [ALIAS]: offeredBar };
  const left = (made: ExportRule[], last = aliases) => Object.keys(lastExports(services, made, owning, last));

  it("stay as long as a rule that may match has the alias", () => {
    assert.deepEqual(left(as), [ALIAS]);
    assert.deepEqual(left([{ selector: { a: "b" }, as: "{name}.shop.example" }]), [ALIAS]);
    assert.deepEqual(left([{ selector: { a: "b" } }, ...as]), [ALIAS]);
    for (const made of [byName, [{ ...as[0]!, as: "x.shop.example" }], [{ ...as[0]!, namespaces: ["abc"] }]])
      assert.deepEqual(left(made), []);
    assert.deepEqual(left(as, []), []);
    assert.deepEqual(lastExports({ [BAR_HOST]: offeredBar }, as, owning, []), {});
  });
});

describe("Aliases of any Services", () => {
  const template = fc.constantFrom(
    ...[undefined, undefined, "{name}.shop.example", "{name}.{namespace}.shop.example", ALIAS],
  );
  const naming = fc.tuple(rules, fc.array(template, { minLength: 4, maxLength: 4 })).map(([all, names]) =>
    all.map((rule, index): ExportRule => {
      const name = names[index];
      return name === undefined ? rule : { ...rule, as: name };
    }),
  );

  it("are unique, have a ServiceEntry unless they are full names, and do not depend on order", () => {
    fc.assert(
      fc.property(
        findings.chain((input) =>
          fc.record({ input: fc.constant(input), services: shuffled(input.services) }),
        ),
        naming,
        ({ input, services }, made) => {
          const { offers, services: offered, warnings } = exportsIn(input, made, owning);
          assert.deepEqual(offers.map(({ host }) => host).sort(), Object.keys(offered));
          const aliases = toAliases(offers, "istio-gateway");
          assert.deepEqual(
            aliases.map(({ spec }) => spec.hosts[0]).sort(),
            Object.keys(offered).filter((host) => !host.endsWith(".svc.cluster-b.local")),
          );
          for (const { spec, namespace, service } of aliases) {
            const host = spec.hosts[0] ?? "";
            assert.deepEqual(
              spec.ports.map(({ number }) => number),
              offered[host]?.ports.map(({ number }) => number),
            );
            assert.notDeepEqual(spec.workloadSelector.labels, {});
            assert.ok(!(serviceHost({ namespace, name: service }, owning.domain) in offered));
          }
          const again = exportsIn({ ...input, services }, made, owning);
          assert.deepEqual([again.offers, again.warnings], [offers, warnings]);
        },
      ),
    );
  });
});
