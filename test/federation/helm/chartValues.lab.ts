import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { execa } from "execa";
import { parse } from "yaml";
import { FREE_VARIABLES } from "./freeVariables.ts";
import { CHART_VALUES } from "../../../federation/helm/charts.ts";
import { ISTIOD_ENVIRONMENT, PROXY_ENVIRONMENT } from "../../../federation/helm/environment.ts";
import { MESH_CONFIG, PROXY_CONFIG } from "../../../federation/helm/meshConfig.ts";
import { decisionAbout } from "../../../federation/helm/valueFaults.ts";
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

describe("Settings of the pinned Istio", () => {
  let istio: string;
  let api: string;
  before(async function () {
    const folders = await Promise.all(["istio.io/istio", "istio.io/api"].map(sourcesOf));
    // Tools that were built on another machine come without their sources.
    if (folders.some((folder) => folder === "")) {
      console.log("      skipped: the Go sources of Istio are not on this machine");
      this.skip();
    }
    [istio = "", api = ""] = folders;
  });

  for (const [message, decisions, file] of [
    ["MeshConfig", MESH_CONFIG, "config"],
    ["ProxyConfig", PROXY_CONFIG, "proxy"],
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
