import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import type anyPb from "google-protobuf/google/protobuf/any_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { WITHOUT_UNUSED_MODULES } from "../../../lab/plugins/sdkStart.ts";

const CHECKOUT = join(import.meta.dirname, "../../..");

type Properties = Record<string, unknown>;

/** The details of a partial failure. */
export interface InitFailure {
  message: string;
  id: string;
  properties: Properties;
  reasons: string[];
}

/** Returns the provider's text, which the SDK sends with a resource and the engine keeps in the state. */
export async function providerText(make: () => pulumi.Resource): Promise<string> {
  const inputs = new Promise<Properties>((resolve, reject) => {
    pulumi.runtime
      .setMocks({
        newResource: (args) => {
          resolve(args.inputs as Properties);
          return { id: "id", state: args.inputs as Properties };
        },
        call: () => ({}),
      })
      .catch(reject);
  });
  make();
  return String((await inputs).__provider);
}

/** Pulumi's own process for dynamic providers, spoken to as the engine does. */
export class ProviderProcess {
  /** Lines printed for the user. */
  readonly lines: string[] = [];
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly client: InstanceType<typeof providerGrpc.ResourceProviderClient>;
  private readonly text: string;

  private constructor(child: ChildProcessWithoutNullStreams, port: string, text: string) {
    this.child = child;
    this.text = text;
    this.client = new providerGrpc.ResourceProviderClient(
      `127.0.0.1:${port}`,
      grpc.credentials.createInsecure(),
    );
  }

  /**
   * @param text as `providerText` gives it.
   * @param cwd the engine starts it in the program's folder. @default the checkout
   */
  static async start(text: string, cwd = CHECKOUT): Promise<ProviderProcess> {
    const script = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/dynamic-provider");
    const child = spawn(process.execPath, [WITHOUT_UNUSED_MODULES, script, "engine"], { cwd, stdio: "pipe" });
    const output = createInterface({ input: child.stdout });
    const [port] = (await once(output, "line")) as [string];
    const started = new ProviderProcess(child, port, text);
    output.on("line", (line) => started.lines.push(line));
    createInterface({ input: child.stderr }).on("line", (line) => started.lines.push(line));
    const configure = new providerPb.ConfigureRequest();
    configure.setArgs(structOf({}));
    await started.call("configure", configure);
    return started;
  }

  async stop(): Promise<void> {
    this.client.close();
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill();
    await once(this.child, "exit");
  }

  /** Kills the process, like the system does when out of memory. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }

  /**
   * Closes the standard input, as when the engine is killed, and waits until the process has ended by itself.
   * @throws Error when it does not end in time.
   */
  async abandon(milliseconds = 60_000): Promise<void> {
    this.child.stdin.destroy();
    await once(this.child, "exit", { signal: AbortSignal.timeout(milliseconds) });
  }

  async check(olds: Properties, news: Properties): Promise<{ inputs: Properties; failures: string[] }> {
    const request = new providerPb.CheckRequest();
    request.setOlds(structOf(olds));
    request.setNews(this.withProvider(news));
    const response = (await this.call("check", request)) as providerPb.CheckResponse;
    const failures = response.getFailuresList().map((f) => `${f.getProperty()}: ${f.getReason()}`);
    return { inputs: this.withoutProvider(response.getInputs()), failures };
  }

  async diff(
    id: string,
    olds: Properties,
    news: Properties,
  ): Promise<{ changes: boolean; replaces: string[] }> {
    const request = new providerPb.DiffRequest();
    request.setId(id);
    request.setOlds(this.withProvider(olds));
    request.setNews(this.withProvider(news));
    const response = (await this.call("diff", request)) as providerPb.DiffResponse;
    // An unknown answer makes the engine compare the inputs, which differ then.
    const changes = response.getChanges() !== providerPb.DiffResponse.DiffChanges.DIFF_NONE;
    return { changes, replaces: response.getReplacesList() };
  }

  async create(inputs: Properties): Promise<{ id: string; outs: Properties }> {
    const request = new providerPb.CreateRequest();
    request.setProperties(this.withProvider(inputs));
    const response = (await this.call("create", request)) as providerPb.CreateResponse;
    return { id: response.getId(), outs: this.withoutProvider(response.getProperties()) };
  }

  async update(id: string, olds: Properties, news: Properties): Promise<Properties> {
    const request = new providerPb.UpdateRequest();
    request.setId(id);
    request.setOlds(this.withProvider(olds));
    request.setNews(this.withProvider(news));
    const response = (await this.call("update", request)) as providerPb.UpdateResponse;
    return this.withoutProvider(response.getProperties());
  }

  async read(id: string, state: Properties): Promise<{ id: string; props: Properties; inputs: Properties }> {
    const request = new providerPb.ReadRequest();
    request.setId(id);
    request.setProperties(this.withProvider(state));
    const response = (await this.call("read", request)) as providerPb.ReadResponse;
    const inputs = response.hasInputs() ? this.withoutProvider(response.getInputs()) : {};
    return { id: response.getId(), props: this.withoutProvider(response.getProperties()), inputs };
  }

  async delete(id: string, state: Properties): Promise<void> {
    const request = new providerPb.DeleteRequest();
    request.setId(id);
    request.setProperties(this.withProvider(state));
    await this.call("delete", request);
  }

  private call(method: string, request: unknown): Promise<unknown> {
    const client = this.client as unknown as Record<
      string,
      (request: unknown, done: grpc.requestCallback<unknown>) => void
    >;
    return new Promise((resolve, reject) => {
      client[method]?.(request, (error, response) => {
        if (error) reject(error);
        else resolve(response);
      });
    });
  }

  private withProvider(properties: Properties): structPb.Struct {
    return structOf({ ...properties, __provider: this.text });
  }

  private withoutProvider(struct: structPb.Struct | undefined): Properties {
    const { __provider, ...properties } = (struct?.toJavaScript() ?? {}) as Properties;
    if (__provider !== this.text) throw new Error("the provider's text got lost on the way");
    return properties;
  }
}

/** Returns a partial failure from the status details; undefined for any other error. */
export function initFailure(error: unknown): InitFailure | undefined {
  const { metadata, details } = error as grpc.ServiceError;
  const [status] = metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(status)) return undefined;
  const require = createRequire(import.meta.url);
  const statusPb = require("@pulumi/pulumi/proto/status_pb.js") as {
    Status: { deserializeBinary(bytes: Uint8Array): { getDetailsList(): anyPb.Any[] } };
  };
  const [detail] = statusPb.Status.deserializeBinary(status).getDetailsList();
  const failure = detail && providerPb.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
  if (failure === undefined) return undefined;
  const properties = (failure.getProperties()?.toJavaScript() ?? {}) as Properties;
  return { message: details, id: failure.getId(), properties, reasons: failure.getReasonsList() };
}

function structOf(properties: Properties): structPb.Struct {
  // Undefined has no place in a Struct; the engine drops it too.
  const plain = JSON.parse(JSON.stringify(properties)) as Record<string, structPb.JavaScriptValue>;
  return structPb.Struct.fromJavaScript(plain);
}
