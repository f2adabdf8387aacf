import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { execa } from "execa";
import { loadAll } from "js-yaml";
import { parse, parseAllDocuments } from "yaml";
import { FREE_VARIABLES } from "./freeVariables.ts";
import { chartCrds, ISTIO_CRDS } from "../../../docs/istioCrds.ts";
import { describeFault } from "../../../federation/core/fault.ts";
import { formatPlace } from "../../../federation/core/installation.ts";
import { chartRevision, istiodName } from "../../../federation/core/revision.ts";
import { valueAt } from "../../../federation/core/schema.ts";
import { chartObjects } from "../../../federation/helm/chartObjects.ts";
import { CHART_VALUES } from "../../../federation/helm/charts.ts";
import { ISTIOD_ENVIRONMENT, PROXY_ENVIRONMENT } from "../../../federation/helm/environment.ts";
import { MESH_CONFIG, PROXY_CONFIG_FIELDS } from "../../../federation/helm/meshConfig.ts";
import { decisionAbout } from "../../../federation/helm/valueFaults.ts";
import { type CustomResourceDefinition, toCrd } from "../../../federation/traffic/crd.ts";
import { compileCrds } from "../../../federation/traffic/crdSchema.ts";
import type { KubernetesObject } from "../../../kubernetes/kinds.ts";
import { prepareTools } from "../../../lab/tools/tools.ts";
import { TOOLS_FOLDER } from "../../../lab/tools/versions.ts";

type Tree = Readonly<Record<string, unknown>>;

/** Values that templates read, and users cannot set: helpers of the charts themselves. */
const INTERNAL = ["_original", "pilot"];

describe("Helm values of Istio's charts", () => {
  let charts: string;
  before(async () => (charts = (await prepareTools(() => undefined)).charts));

  for (const chart of ["base", "istiod", "gateway"] as const) {
    it(`of ${chart} have a decision each, in values.yaml and in templates`, () => {
      const folder = join(charts, chart);
      const values = parse(readFileSync(join(folder, "values.yaml"), "utf8")) as Tree;
      const read = globSync(["templates/*.{yaml,tpl}", "files/*{injection,grpc,gateway,waypoint}*.yaml"], {
        cwd: folder,
      })
        .map((file) => readFileSync(join(folder, file), "utf8"))
        .flatMap(pathsIn);
      assert.ok(read.length > 10, "templates read values");
      const paths = [...leaves(values["_internal_defaults_do_not_set"]), ...read].filter(
        ([first = ""]) => !INTERNAL.includes(first),
      );
      const undecided = paths.filter((path) => decisionAbout(CHART_VALUES[chart], path) === undefined);
      assert.deepEqual([...new Set(undecided.map((path) => path.join(".")))].sort(), []);
    });
  }
});

for (const revision of ["default", "1-31"])
  describe(`Objects of Istio's charts of revision ${revision}`, () => {
    const NAMESPACES = { base: "istio-system", istiod: "istio-system", gateway: "istio-gateway" };
    const NAMES = { base: "istio-base", istiod: istiodName(revision), gateway: "eastwestgateway" };
    const named = { revision: chartRevision(revision) };
    /** Values of the program that decide which objects there are. */
    const OURS = {
      // CRDs are not compared, and parsing them takes seconds.
      base: {
        base: { enableCRDTemplates: false, enableIstioConfigCRDs: false },
        defaultRevision: revision,
        global: { enableReaderRBAC: false },
      },
      istiod: { ...named, global: { enableReaderRBAC: false } },
      gateway: { ...named, service: { type: "None" } },
    };
    const objectsOf = ({ base, istiod, gateway }: Record<keyof typeof OURS, Record<string, unknown>>) =>
      chartObjects({ base, istiods: [{ revision, values: istiod }], gateway, revision });
    let tools: Awaited<ReturnType<typeof prepareTools>>;
    before(async () => (tools = await prepareTools(() => undefined)));

    /** Formats all objects but CRDs that Helm renders. */
    async function rendered(values: Record<keyof typeof OURS, Record<string, unknown>>): Promise<string[]> {
      const charts = await Promise.all(
        (["base", "istiod", "gateway"] as const).map(async (chart) => {
          const global = { ...valueAt(OURS[chart], ["global"])!, ...(values[chart]["global"] as object) };
          const input = JSON.stringify({ ...OURS[chart], ...values[chart], global });
          const words = ["template", NAMES[chart], join(tools.charts, chart), "-n", NAMESPACES[chart]];
          const { stdout } = await execa(tools.programs.helm, [...words, "-f", "-"], { input });
          return parseAllDocuments(stdout).map((document) => document.toJS() as KubernetesObject | null);
        }),
      );
      return charts
        .flat()
        .filter((object) => object !== null && object.kind !== "CustomResourceDefinition")
        .map((object) => {
          const { kind = "", metadata } = object!;
          return formatPlace({ kind, namespace: metadata.namespace, name: metadata.name });
        })
        .sort();
    }

    it("are those of the table without values of the user", async () => {
      const none = { base: {}, istiod: {}, gateway: {} };
      const objects = objectsOf(none);
      assert.ok(objects.every(({ isCertain }) => isCertain));
      assert.deepEqual(objects.map(formatPlace).sort(), await rendered(none));
    });

    it("are in the table where values turn all of them on", async () => {
      const values = {
        base: { experimental: { stableValidationPolicy: true } },
        istiod: {
          experimental: { stableValidationPolicy: true },
          autoscaleMin: 2,
          jwksResolverExtraRootCA: "x",
          revisionTags: ["prod"],
          gatewayClasses: { istio: { service: {} } },
          global: { networkPolicy: { enabled: true } },
        },
        gateway: {
          podDisruptionBudget: { minAvailable: 1 },
          autoscaling: { enabled: true, minReplicas: 2 },
          serviceAccount: { name: "edge" },
          global: { networkPolicy: { enabled: true } },
        },
      };
      assert.deepEqual(objectsOf(values).map(formatPlace).sort(), await rendered(values));
    });

    it("are uncertain where values of the user turn them off, and certain without a switch", async () => {
      const values = {
        base: {},
        istiod: {
          autoscaleEnabled: false,
          env: { PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER: "false" },
          global: { configValidation: false },
        },
        gateway: { kind: "DaemonSet", rbac: { enabled: false }, serviceAccount: { create: false } },
      };
      const objects = objectsOf(values);
      const found = await rendered(values);
      assert.deepEqual(
        found.filter((place) => !objects.some((object) => formatPlace(object) === place)),
        [],
      );
      assert.deepEqual(
        objects.filter((object) => object.isCertain && !found.includes(formatPlace(object))),
        [],
      );
    });
  });

describe("CRDs of Istio's charts", () => {
  let definitions: CustomResourceDefinition[];
  before(async () => (definitions = chartCrds((await prepareTools(() => undefined)).charts)));

  it("are those that the program has schemas of (otherwise run `npm run docs:crds`)", () => {
    assert.deepEqual(JSON.parse(readFileSync(ISTIO_CRDS, "utf8")), definitions.map(toCrd));
  });

  it("have one schema for all versions of a kind", () => {
    for (const definition of definitions) {
      const { schema } = toCrd(definition).versions[0]!;
      for (const version of definition.spec.versions) {
        const alone = { spec: { ...definition.spec, versions: [version] } };
        assert.deepEqual(toCrd(alone).versions[0]!.schema, schema, definition.spec.names.kind);
      }
    }
  });

  it("accept and refuse the objects of Istio's own tests as an API server does", async function () {
    const [istio = ""] = await sourcesOrSkip(this, "istio.io/istio");
    const schemas = compileCrds(definitions.map(toCrd));
    const objects = objectsIn("pkg/config/validation/testdata/crds/*.yaml", istio);
    assert.ok(objects.length > 100, `${objects.length} objects`);
    for (const { _err: error, ...object } of objects) {
      const faults = schemas.check(object).map(describeFault);
      assert.equal(faults.length > 0, error !== undefined, `${String(error)}: ${faults.join("\n")}`);
    }
  });

  it("of the Gateway API accept its examples", async function () {
    const [gatewayApi = ""] = await sourcesOrSkip(this, "sigs.k8s.io/gateway-api");
    const files = objectsIn("config/crd/standard/*_{gateways,httproutes,tlsroutes}.yaml", gatewayApi);
    const crds = (files as unknown as CustomResourceDefinition[]).map(toCrd);
    const kinds = crds.map(({ kind }) => kind);
    const schemas = compileCrds(crds);
    const objects = objectsIn("examples/standard/**/*.yaml", gatewayApi).filter(({ kind }) =>
      kinds.includes(String(kind)),
    );
    assert.ok(objects.length > 40, `${objects.length} objects`);
    assert.deepEqual(objects.flatMap((object) => schemas.check(object)).map(describeFault), []);
  });
});

describe("Settings of the pinned Istio", () => {
  let istio: string;
  let api: string;
  before(async function () {
    [istio = "", api = ""] = await sourcesOrSkip(this, "istio.io/istio", "istio.io/api");
  });

  for (const [message, decisions, file] of [
    ["MeshConfig", MESH_CONFIG, "config"],
    ["ProxyConfig", PROXY_CONFIG_FIELDS, "proxy"],
  ] as const) {
    it(`have a decision for each field of ${message}`, () => {
      const code = readFileSync(join(api, `mesh/v1alpha1/${file}.pb.go`), "utf8");
      const [, struct = ""] = new RegExp(`^type ${message} struct \\{\n([^]*?)^\\}`, "m").exec(code) ?? [];
      const fields = [...struct.matchAll(/protobuf(?:_oneof)?:"(?:[^"]*?(?:json|name)=(\w+)[,"][^"]*|\w+)"/g)]
        .map(([text, name = ""]) => /json=(\w+)/.exec(text)?.[1] ?? name)
        .filter((name) => name !== "");
      assert.ok(fields.length > 35, `${fields.length} fields`);
      const decided = decisions.map(({ path: [name] }) => name);
      assert.deepEqual(
        fields.filter((name) => !decided.includes(name)),
        [],
      );
    });
  }

  it("have a decision for each variable of istiod, or are known not to need one", () => {
    const decided = [...ISTIOD_ENVIRONMENT, ...PROXY_ENVIRONMENT].map(({ path: [name] }) => name ?? "");
    const folders = "{pilot/pkg/{features,bootstrap,config},pilot/cmd/pilot-agent,pkg/{features,security}}";
    const names = globSync(`${folders}/**/*.go`, { cwd: istio })
      .filter((file) => !file.endsWith("_test.go"))
      .flatMap((file) => [
        ...readFileSync(join(istio, file), "utf8").matchAll(
          /(?:env\.Register\w*(?:\[\w+\])?|registerAmbient)\(\s*"(\w+)"/g,
        ),
      ])
      .map(([, name = ""]) => name);
    assert.ok(names.length > 200, `${names.length} variables`);
    assert.deepEqual(
      [...new Set(names)].filter((name) => !decided.includes(name) && !FREE_VARIABLES.includes(name)).sort(),
      [],
    );
  });
});

/** Parses the objects in YAML files of a folder. */
function objectsIn(files: string, folder: string): Tree[] {
  return (
    globSync(files, { cwd: folder })
      .map((file) => readFileSync(join(folder, file), "utf8"))
      // Go's parser reads this IPv6 address as text, which ends in a colon.
      .flatMap((text) => loadAll(text.replaceAll(/\b001:db8::(?=[,\]])/g, '"$&"')))
      .filter((object) => object !== null && object !== undefined)
      .map((object) => object as Tree)
  );
}

/**
 * Returns the folders of Go modules' sources. Skips the test where some are not there, with the reason: tools that were built on another
 * machine come without their sources.
 */
async function sourcesOrSkip(context: Mocha.Context, ...modules: readonly string[]): Promise<string[]> {
  const folders = await Promise.all(modules.map(sourcesOf));
  const missing = modules.filter((_, index) => folders[index] === "");
  if (missing.length > 0) {
    console.log(`      skipped: the Go sources of ${missing.join(" and ")} are not on this machine`);
    context.skip();
  }
  return folders;
}

/** Folder of a Go module's sources in the module cache; "" when they are not there. */
async function sourcesOf(module: string): Promise<string> {
  const env = { GOFLAGS: "-mod=mod", GOPROXY: "off" };
  const list = ["list", "-m", "-f", "{{.Dir}}", module];
  const { stdout, exitCode } = await execa("go", list, { cwd: TOOLS_FOLDER, env, reject: false });
  return exitCode === 0 ? stdout.trim() : "";
}

/** Paths of the values that a template reads: `.Values.a.b`, `(.Values.a).b`, `dig "a" "b" default .Values`. */
function pathsIn(template: string): string[][] {
  const dotted = [...template.matchAll(/\$?\.Values\)*((?:\)*\.\w+)+)/g)].map(([, path = ""]) =>
    path.replaceAll(")", "").slice(1).split("."),
  );
  const dug = [...template.matchAll(/dig ((?:"\w+" )+)\S+ \.Values/g)].map(([, keys = ""]) =>
    [...keys.matchAll(/\w+/g)].map(([key]) => key),
  );
  // Injection templates have istiod's values under `pilot` and its top-level maps.
  return [...dotted, ...dug].map((path) => (path[0] === "pilot" && path.length > 1 ? path.slice(1) : path));
}

/** Paths to the values in a chart's defaults. */
function leaves(value: unknown): string[][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[]];
  const entries = Object.entries(value);
  return entries.length === 0
    ? [[]]
    : entries.flatMap(([key, inner]) => leaves(inner).map((path) => [key, ...path]));
}
