import grpc, { type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { messageOf } from "../../../federation/core/text.ts";

/** The engine's own limit for one message. */
const MESSAGE_BYTES = 400 * 1024 * 1024;
const PARENT_CHECK_MILLISECONDS = 2000;

/** A plugin's server on a free port of the loopback interface. */
export interface PluginServer {
  readonly port: number;
  stop(): void;
}

/** Serves one gRPC service; handlers are called with the service as `this`. */
export async function serve(
  definition: ServiceDefinition,
  handlers: UntypedServiceImplementation,
): Promise<PluginServer> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MESSAGE_BYTES,
    "grpc.max_send_message_length": MESSAGE_BYTES,
  });
  server.addService(definition, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) {
        resolve(bound);
      } else {
        reject(error);
      }
    });
  });
  return {
    port,
    stop: () => {
      server.forceShutdown();
    },
  };
}

/** Serves as a plugin process: prints the port for the engine, and ends with the engine. */
export async function servePlugin(
  definition: ServiceDefinition,
  handlers: UntypedServiceImplementation,
): Promise<void> {
  const { port } = await serve(definition, handlers);
  await import("../../../compileCache.ts");
  console.log(String(port));
  // Another process adopts the children of a killed engine.
  const engine = process.ppid;
  const check = () => {
    if (process.ppid !== engine) process.exit(0);
  };
  setInterval(check, PARENT_CHECK_MILLISECONDS).unref();
}

/** Makes a unary gRPC handler of an async function; what it throws becomes the call's error, by `describe`. */
export function unary<Request, Response>(
  handle: (request: Request) => Promise<Response> | Response,
  describe: (error: unknown) => Partial<grpc.StatusObject> = failure,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(handle)
      .then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          callback(describe(error));
        },
      );
  };
}

/** Formats an error as a gRPC status, without the stack trace. */
export function failure(error: unknown): Partial<grpc.StatusObject> {
  return { code: grpc.status.UNKNOWN, details: messageOf(error) };
}
