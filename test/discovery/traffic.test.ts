import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClusterReader } from "../../discovery/clusterReader.ts";
import { readTraffic } from "../../discovery/traffic.ts";
import { describeFault } from "../../federation/core/fault.ts";
import type { TrafficReadings } from "../../federation/traffic/trafficTargets.ts";
import { clusterPlanOf, faultsIn } from "../federation/planning.ts";
import { KUBECONFIG, LOCAL_CLUSTER, validConfig } from "../federation/samples.ts";
import {
  type Answer,
  FORBIDDEN,
  NOT_FOUND,
  fakeApiServer,
  listOf,
} from "../providers/support/fakeApiServer.ts";
import { valueOf } from "./support.ts";

const RULES = "/apis/networking.istio.io/v1/destinationrules";
const OF_OTHERS = "labelSelector=app.kubernetes.io/managed-by!=istio-federation";
const OURS = "labelSelector=istio-federation.dev/traffic=true";
const KEY = "k3y-of-the-gateway";
const base64 = (text: string) => Buffer.from(text).toString("base64");

const ruleOf = (name: string) => ({
  metadata: {
    ...{ name, namespace: "shop", labels: { team: "web" } },
    ownerReferences: [{ kind: "Canary", name: "reviews" }],
  },
  spec: { host: name },
});
const yamlOf = (name: string) =>
  `apiVersion: networking.istio.io/v1beta1\nkind: DestinationRule\nmetadata: {name: ${name}, namespace: shop}\nspec: {host: ${name}}\n`;
const gateway = {
  ...{ apiVersion: "networking.istio.io/v1", kind: "Gateway", metadata: { name: "web", namespace: "shop" } },
  spec: {
    selector: { istio: "ingressgateway" },
    servers: [
      {
        port: { number: 443, name: "https", protocol: "HTTPS" },
        hosts: ["shop.example.com"],
        tls: { mode: "SIMPLE", credentialName: "shop-tls" },
      },
    ],
  },
};

describe("The traffic of a cluster", () => {
  const server = fakeApiServer();
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "istio-federation-traffic-"));
    for (const name of ["b", "a"]) writeFileSync(join(folder, `${name}.yaml`), yamlOf(name));
    writeFileSync(join(folder, "notes.txt"), "no: [object");
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const configOf = (traffic: object) =>
    validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, traffic }, "cluster-a");

  /** Reads a stack's traffic with a cluster that gives these answers, and has nothing else. */
  async function readWith(
    traffic: object,
    answer: (request: string) => Answer | undefined = () => undefined,
  ): Promise<TrafficReadings> {
    server.answerBy((request) => {
      if (request.endsWith("/version")) return { status: 200 };
      return answer(request) ?? (request.includes("?") ? listOf([]) : NOT_FOUND);
    });
    return (
      (await readTraffic(new ClusterReader(server.kubeconfig), configOf(traffic))) ?? assert.fail("not read")
    );
  }

  const warningsOf = (traffic: TrafficReadings) =>
    clusterPlanOf(configOf({}), { snapshot: { traffic } }).warnings.filter((each) =>
      each.startsWith("traffic"),
    );

  it("is read from all files that a pattern matches, in order and each once", async () => {
    const read = await readWith({ files: [`${folder}/*.yaml`, `${folder}/a.*`] });
    const { objects, faults } = valueOf(read.declared);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      objects.map(({ name, apiVersion, source }) => [name, apiVersion, source.split(",")[0]]),
      ["a", "b"].map((name) => [name, "networking.istio.io/v1", join(folder, `${name}.yaml`)]),
    );
  });

  it("is a fault for a pattern that matches no file", async () => {
    const traffic = await readWith({ files: [`${folder}/*.yaml`, `${folder}/*.yml`] });
    assert.deepEqual(
      faultsIn(() => clusterPlanOf(configOf({}), { snapshot: { traffic } })).map(describeFault),
      [
        `traffic.files[1]: "${folder}/*.yml" matches no file. Correct it: it is relative to the program's folder.`,
      ],
    );
  });

  it("has others' objects apart from the stack's own", async () => {
    const { foreign, applied } = await readWith({ files: [`${folder}/a.yaml`] }, (request) => {
      if (!request.startsWith(`GET ${RULES}?`)) return undefined;
      if (decodeURIComponent(request).includes(OF_OTHERS)) return listOf([ruleOf("theirs")]);
      return decodeURIComponent(request).includes(OURS) ? listOf([ruleOf("ours")]) : undefined;
    });
    const namesOf = (reading: TrafficReadings["foreign"]) =>
      valueOf(reading).map(({ name, namespace, labels, owner, source }) => [
        name,
        namespace,
        labels["team"],
        owner,
        source,
      ]);
    assert.deepEqual(namesOf(foreign), [["theirs", "shop", "web", "Canary reviews", "cluster"]]);
    assert.deepEqual(namesOf(applied), [["ours", "shop", "web", "Canary reviews", "cluster"]]);
  });

  it("is planned with warnings by a user who may not list others' objects", async () => {
    const traffic = await readWith({ files: [`${folder}/a.yaml`] }, (request) =>
      request.startsWith(`GET ${RULES}?`) ? FORBIDDEN : undefined,
    );
    const warnings = warningsOf(traffic);
    assert.ok(
      warnings.some((each) =>
        each.endsWith("so it is not checked whether objects of these names are somebody else's"),
      ),
    );
    assert.ok(
      warnings.some((each) =>
        each.endsWith("so requests to subsets and hosts that this update removes may be lost"),
      ),
    );
  });

  it("is planned with warnings while the cluster does not answer", async () => {
    server.answerBy(() => ({ status: 503 }));
    const config = configOf({ files: [`${folder}/a.yaml`] });
    const traffic = await readTraffic(new ClusterReader(server.kubeconfig), config);
    const { plan, warnings } = clusterPlanOf(configOf({}), { snapshot: { traffic } });
    assert.deepEqual(
      plan.traffic.objects.map(({ name }) => name),
      ["a"],
    );
    assert.ok(
      warnings.some((each) =>
        each.startsWith("traffic: the cluster does not answer, so it is not checked whether"),
      ),
    );
  });

  describe("with weights that another controller moves", () => {
    const routesWith = (v1: number, v2: number) => ({
      metadata: {
        ...{ name: "reviews", namespace: "shop" },
        annotations: { "istio-federation.dev/ignore-weights": "true" },
      },
      spec: {
        hosts: ["reviews.example.com"],
        http: [
          {
            route: [
              { destination: { host: "a.example.com" }, weight: v1 },
              { destination: { host: "b.example.com" }, weight: v2 },
            ],
          },
        ],
      },
    });
    const declared = { apiVersion: "networking.istio.io/v1", kind: "VirtualService", ...routesWith(80, 20) };
    const entry = {
      ...{
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: { name: "a", namespace: "shop" },
      },
      spec: { hosts: ["*.example.com"], ports: [{ number: 80, name: "http", protocol: "HTTP" }] },
    };
    const planned = async (answer: Answer) => {
      const traffic = await readWith({ objects: [declared, entry] }, (request) =>
        request.includes("/virtualservices?") && decodeURIComponent(request).includes(OURS)
          ? answer
          : undefined,
      );
      const { plan, notes, warnings } = clusterPlanOf(configOf({}), { snapshot: { traffic } });
      const { objects, unchanged } = plan.traffic;
      const spec = objects.find(({ kind }) => kind === "VirtualService")?.spec;
      return { spec, unchanged: Object.values(unchanged), notes, warnings };
    };

    it("declares them as they are in the cluster, and notes them", async () => {
      const { spec, unchanged, notes } = await planned(listOf([routesWith(35, 65)]));
      assert.deepEqual(spec, routesWith(35, 65).spec);
      assert.deepEqual(unchanged, [["http"]]);
      assert.ok(notes.some((note) => note.includes("moved by another controller (80 / 20 in its file)")));
    });

    it("writes no routes for a user who may not list them, with a warning", async () => {
      const { spec, unchanged, warnings } = await planned(FORBIDDEN);
      assert.deepEqual(spec, declared.spec);
      assert.deepEqual(unchanged, [["http"]]);
      assert.ok(
        warnings.some((warning) =>
          warning.endsWith(
            "so routes and subsets of VirtualService shop/reviews, which other controllers move, are not changed",
          ),
        ),
        warnings.join("\n"),
      );
    });
  });

  it("has the certificates of Secrets, and never their keys", async () => {
    const read = await readWith({ objects: [gateway] }, (request) =>
      request.endsWith("/namespaces/shop/secrets/shop-tls")
        ? {
            status: 200,
            body: {
              metadata: { name: "shop-tls", namespace: "shop" },
              data: { "tls.crt": base64("certificate"), "tls.key": base64(KEY) },
            },
          }
        : undefined,
    );
    const secret = { certificates: "certificate", isPair: undefined, authority: undefined };
    assert.deepEqual(valueOf(read.secrets), { "shop/shop-tls": secret });
    const text = JSON.stringify(read);
    assert.ok(!text.includes(KEY) && !text.includes(base64(KEY)));
  });

  it("is undefined for a Secret that is not there", async () => {
    const { secrets } = await readWith({ objects: [gateway] });
    assert.deepEqual(valueOf(secrets), { "shop/shop-tls": undefined });
  });

  it("is not read for a stack without traffic", async () => {
    server.answerBy(() => NOT_FOUND);
    assert.equal(await readTraffic(new ClusterReader(server.kubeconfig), configOf({})), undefined);
    assert.deepEqual(server.requests, []);
  });
});
