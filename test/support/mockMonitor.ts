import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import type { ResourceInvokeRequest } from "@pulumi/pulumi/proto/resource_pb.js";

type Callback = (error: Error | null, bytes?: Uint8Array) => void;

/** Sets Pulumi's mocks, and has them answer in bytes too, as the engine does and `discovery/engine.ts` asks. */
export async function setEngine(...mocks: Parameters<typeof pulumi.runtime.setMocks>): Promise<void> {
  await pulumi.runtime.setMocks(...mocks);
  const monitor = pulumi.runtime.getMonitor() as ResourceMonitorClient;
  const makeUnaryRequest = (
    path: string,
    serialize: unknown,
    deserialize: (bytes: Buffer) => Uint8Array,
    request: ResourceInvokeRequest,
    callback: Callback,
  ): void => {
    assert.equal(path, "/pulumirpc.ResourceMonitor/Invoke");
    monitor.invoke(request, (error, response) => {
      if (error === null) callback(null, deserialize(Buffer.from(response.serializeBinary())));
      else callback(error);
    });
  };
  Object.assign(monitor, { makeUnaryRequest });
}
