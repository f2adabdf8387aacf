import assert from "node:assert/strict";
import grpc from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import type { DiffResponse } from "@pulumi/pulumi/proto/provider_pb.js";
import { InitializationError } from "../../../../lab/plugins/protocol/provider.ts";
import type { Provider, ResourceKind } from "../../../../lab/plugins/protocol/provider.ts";
import { providerService } from "../../../../lab/plugins/protocol/providerService.ts";
import { serve } from "../../../../lab/plugins/protocol/server.ts";
import type { PluginServer } from "../../../../lab/plugins/protocol/server.ts";
import { decode, encode, Secret, UNKNOWN } from "../../../../lab/plugins/protocol/values.ts";

const URN = "urn:pulumi:stack::project::test:index:Thing::name";

describe("A provider over gRPC", () => {
  let server: PluginServer;
  let client: InstanceType<typeof providerGrpc.ResourceProviderClient>;
  let kind: Partial<ResourceKind>;

  before(async () => {
    const provider: Provider = {
      name: "test",
      version: "1.2.3",
      checkConfig: ({ news }) => ({ inputs: news }),
      diffConfig: () => ({ differences: {} }),
      configure: () => undefined,
      kind: () => kind as ResourceKind,
    };
    server = await serve(providerGrpc.ResourceProviderService, providerService(provider));
    const credentials = grpc.credentials.createInsecure();
    client = new providerGrpc.ResourceProviderClient(`127.0.0.1:${server.port}`, credentials);
  });

  after(() => {
    client.close();
    server.stop();
  });

  function call<T>(send: (done: (error: ServiceError | null, response: T) => void) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      send((error, response) => {
        if (error === null) {
          resolve(response);
        } else {
          reject(error);
        }
      });
    });
  }

  it("says that it takes secrets and previews", async () => {
    const response = await call<InstanceType<typeof providerPb.ConfigureResponse>>((done) =>
      client.configure(new providerPb.ConfigureRequest(), done),
    );
    assert.deepEqual([response.getAcceptsecrets(), response.getSupportspreview()], [true, true]);
  });

  it("passes secrets and unknown values both ways", async () => {
    kind = {
      create: ({ inputs, name, type }) => ({ id: `${type}/${name}`, outputs: { ...inputs, made: UNKNOWN } }),
    };
    const request = new providerPb.CreateRequest()
      .setUrn(URN)
      .setProperties(encode({ key: new Secret("k") }));
    const response = await call<InstanceType<typeof providerPb.CreateResponse>>((done) =>
      client.create(request, done),
    );
    assert.equal(response.getId(), "test:index:Thing/name");
    assert.deepEqual(decode(response.getProperties()), { key: new Secret("k"), made: UNKNOWN });
  });

  it("tells what changes in place and what replaces", async () => {
    kind = {
      diff: () => ({ differences: { "a.b": "update", 'a["c.d"]': "add", e: "delete" }, replaces: ["a.b"] }),
    };
    const response = await call<DiffResponse>((done) =>
      client.diff(new providerPb.DiffRequest().setUrn(URN), done),
    );
    const kinds = response.getDetaileddiffMap().toArray() as unknown as [string, unknown[]][];
    const { ADD, DELETE, UPDATE_REPLACE } = providerPb.PropertyDiff.Kind;
    const found = kinds.map(([path]) => [path, response.getDetaileddiffMap().get(path)?.getKind()]);
    assert.deepEqual(Object.fromEntries(found), { "a.b": UPDATE_REPLACE, 'a["c.d"]': ADD, e: DELETE });
    assert.deepEqual([response.getReplacesList(), response.getDiffsList()], [["a"], ["a", "e"]]);
    assert.equal(response.getChanges(), providerPb.DiffResponse.DiffChanges.DIFF_SOME);
  });

  it("says that a resource which is not there is gone", async () => {
    kind = { read: () => undefined };
    const request = new providerPb.ReadRequest().setUrn(URN).setId("x");
    const response = await call<InstanceType<typeof providerPb.ReadResponse>>((done) =>
      client.read(request, done),
    );
    assert.equal(response.getId(), "");
  });

  it("reports an error by its message only", async () => {
    kind = { check: () => Promise.reject(new Error("no such thing")) };
    const checking = call((done) => client.check(new providerPb.CheckRequest().setUrn(URN), done));
    await assert.rejects(checking, { code: grpc.status.UNKNOWN, details: "no such thing" });
  });

  it("hands over the state of what was made but is not ready", async () => {
    kind = {
      create: () => {
        throw new InitializationError("ns/x", { a: 1 }, { b: 2 }, ["no endpoints"]);
      },
    };
    const creating = call((done) => client.create(new providerPb.CreateRequest().setUrn(URN), done));
    const error = await creating.catch((caught: unknown) => caught as ServiceError);
    const [packed] = (error as ServiceError).metadata.get("grpc-status-details-bin");
    const [any] = statusPb.Status.deserializeBinary(packed as Uint8Array).getDetailsList();
    assert.equal(any?.getTypeName(), "pulumirpc.ErrorResourceInitFailed");
    const detail = providerPb.ErrorResourceInitFailed.deserializeBinary(any.getValue_asU8());
    assert.deepEqual([detail.getId(), detail.getReasonsList()], ["ns/x", ["no endpoints"]]);
    assert.deepEqual([decode(detail.getProperties()), decode(detail.getInputs())], [{ a: 1 }, { b: 2 }]);
  });
});
