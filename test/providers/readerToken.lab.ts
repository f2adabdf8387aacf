import assert from "node:assert/strict";
import * as kubernetes from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { READER_RULES } from "../../federation/mesh/reader.ts";
import { ClusterClient, httpStatusOf } from "../../kubernetes/client.ts";
import {
  CONFIG_MAP,
  NAMESPACE,
  NODE,
  POD,
  type ResourceKind,
  SERVICE,
  SERVICE_ACCOUNT,
  SERVICE_ENTRY,
  WORKLOAD_ENTRY,
} from "../../kubernetes/kinds.ts";
import { waitFor } from "../../lab/ready.ts";
import { ReaderToken } from "../../providers/readerToken.ts";
import { EngineFixture } from "./support/engineFixture.ts";

const PLACE = { namespace: "default", name: "istio-federation-reader-cluster-b" };
/** Marks a secret in a state. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";
const RBAC = "rbac.authorization.k8s.io";

/** API servers cache authentication for 10 s. */
const REFUSAL_SECONDS = 30;

/** A resource in an exported state; a secret has its text as JSON. */
interface StackResource {
  readonly outputs?: Readonly<Record<string, string | { readonly plaintext?: string }>>;
}

describe("ReaderToken under Pulumi's engine, on a real API server", () => {
  let fixture: EngineFixture;
  let stack: Stack;
  let hours = 720;
  let uid = "";
  /** The token in the state when it was last read. */
  let current = "";
  /** All output so far. */
  let output = "";

  before(async () => {
    fixture = await EngineFixture.start();
    const { cluster } = fixture;
    await makeAccount();
    await cluster.make(role("ClusterRole", "clusterroles"), undefined, PLACE.name, { rules: READER_RULES });
    await cluster.make(role("ClusterRoleBinding", "clusterrolebindings"), undefined, PLACE.name, {
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: PLACE.name },
      subjects: [{ kind: "ServiceAccount", ...PLACE }],
    });
    stack = await fixture.makeStack("reader", () => {
      const { token, issued, expires } = new ReaderToken("token", {
        kubeconfig: cluster.kubeconfig,
        peer: "cluster-b",
        namespace: PLACE.namespace,
        serviceAccount: PLACE.name,
        uid,
        hours,
      });
      return Promise.resolve({ access: pulumi.secret({ token }), issued, expires });
    });
  });

  after(() => fixture.stop());

  afterEach(() => {
    output += fixture.printed();
  });

  async function makeAccount(): Promise<void> {
    const { cluster } = fixture;
    await cluster.make(SERVICE_ACCOUNT, PLACE.namespace, PLACE.name, {});
    uid = (await cluster.client.get(SERVICE_ACCOUNT, PLACE.namespace, PLACE.name))?.metadata.uid ?? "";
  }

  const up = () => stack.up({ ...fixture.printing, diff: true });

  /** Reads the state with its secrets in clear, and the token from the stack's output, which is a secret. */
  async function exportState(): Promise<unknown> {
    const { deployment } = (await stack.exportStack()) as { deployment: { resources: StackResource[] } };
    const [root] = deployment.resources;
    const access = root?.outputs?.["access"];
    assert.ok(typeof access === "object" && SECRET_MARK in access, JSON.stringify(access));
    current = (JSON.parse(access.plaintext ?? "") as { token: string }).token;
    return deployment;
  }

  /** Returns the API server's status for a list with this token. */
  async function statusFor(token: string, kind: ResourceKind): Promise<number | undefined> {
    const client = await ClusterClient.connect(fixture.cluster.writeKubeconfig("reader", { token }));
    return client.list(kind).then(
      () => 200,
      (error: unknown) => httpStatusOf(error),
    );
  }

  it("requests a token of the given lifetime and keeps it", async () => {
    assert.deepEqual((await stack.preview(fixture.printing)).changeSummary, { create: 2 });
    const { outputs } = await up();
    const life = Date.parse(String(outputs.expires?.value)) - Date.parse(String(outputs.issued?.value));
    assert.ok(Math.abs(life - 720 * 3_600_000) < 10_000, `${life} ms`);
    await exportState();
    const issued = current;
    assert.deepEqual((await up()).summary.resourceChanges, { same: 2 });
    assert.equal((await stack.refresh(fixture.printing)).summary.resourceChanges?.same, 2);
    await exportState();
    assert.equal(current, issued);
  });

  it("allows a peer's istiod to read what it needs, and nothing else", async () => {
    for (const kind of [NAMESPACE, NODE, POD, SERVICE, WORKLOAD_ENTRY]) {
      assert.equal(await statusFor(current, kind), 200, kind.kind);
    }
    assert.equal(await statusFor(current, CONFIG_MAP), 403);
    assert.equal(await statusFor(current, SERVICE_ENTRY), 403);
  });

  it("requests another token for another lifetime; the last one stays valid until it expires", async () => {
    const last = current;
    hours = 1;
    assert.deepEqual((await up()).summary.resourceChanges, { same: 1, update: 1 });
    await exportState();
    assert.notEqual(current, last);
    assert.equal(await statusFor(last, SERVICE), 200);
  });

  it("is invalid once its ServiceAccount is deleted; another ServiceAccount gets another token", async () => {
    const core = fixture.cluster.context.makeApiClient(kubernetes.CoreV1Api);
    await core.deleteNamespacedServiceAccount(PLACE);
    const isRefused = async () => (await statusFor(current, SERVICE)) === 401;
    await waitFor("the token still serves", isRefused, REFUSAL_SECONDS);
    await makeAccount();
    assert.equal(await statusFor(current, SERVICE), 401, "an account of the same name is another one");
    assert.deepEqual((await up()).summary.resourceChanges, { same: 1, update: 1 });
    await exportState();
    assert.equal(await statusFor(current, SERVICE), 200);
  });

  it("reports why there is no token", async () => {
    const core = fixture.cluster.context.makeApiClient(kubernetes.CoreV1Api);
    await core.deleteNamespacedServiceAccount(PLACE);
    uid = "another";
    await assert.rejects(
      up(),
      /cannot get a token for ServiceAccount default\/istio-federation-reader-cluster-b: 404/,
    );
    await makeAccount();
    await up();
  });

  it("prints the token nowhere and keeps it only encrypted", async () => {
    const deployment = await exportState();
    assert.ok(JSON.stringify(deployment).includes(current), "the export decrypts what is secret");
    assert.ok(!JSON.stringify(withoutSecrets(deployment)).includes(current));
    assert.ok(!output.includes(current));
  });

  it("is deleted with its stack without a request", async () => {
    assert.deepEqual((await stack.destroy(fixture.printing)).summary.resourceChanges, { delete: 2 });
  });
});

/** Returns the exported state without its secrets. */
function withoutSecrets(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (SECRET_MARK in value) return "[secret]";
  return Object.values(value).map(withoutSecrets);
}

function role(kind: string, plural: string): ResourceKind {
  return { group: RBAC, version: "v1", kind, plural };
}
