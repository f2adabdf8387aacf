import assert from "node:assert/strict";
import { type RequestOptions, request } from "node:https";
import { text } from "node:stream/consumers";
import type { ServiceEntry } from "../../../federation/imports/serviceEntry.ts";
import { loadContext } from "../../../lab/cluster/kubeconfig.ts";

/** The answer of an API server to a dry run. */
export interface Verdict {
  status: number;
  /** The refusal, or the object if accepted. */
  answer: string;
  /** From the `Warning` headers, istiod's among them. */
  warnings: string[];
}

/** Sends ServiceEntries to an API server and its admission webhooks as a dry run. */
export class DryRun {
  private readonly options: RequestOptions;

  private constructor(options: RequestOptions) {
    this.options = options;
  }

  /** @param file a kubeconfig. */
  static async connect(file: string, context: string): Promise<DryRun> {
    const config = loadContext(file, context);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const server = new URL(config.getCurrentCluster()?.server ?? "");
    return new DryRun({ ...options, host: server.hostname, port: server.port });
  }

  /** Uses server-side apply like the program, with strict field validation. */
  async apply({ metadata, ...entry }: ServiceEntry): Promise<Verdict> {
    const { namespace, name } = metadata;
    const path = `/apis/networking.istio.io/v1/namespaces/${namespace}/serviceentries/${name}`;
    const query = "?dryRun=All&fieldValidation=Strict&fieldManager=istio-federation";
    const headers = { ...this.options.headers, "content-type": "application/apply-patch+yaml" };
    return new Promise((resolve, reject) => {
      const sent = request({ ...this.options, method: "PATCH", path: path + query, headers }, (response) => {
        const { statusCode: status = 0, headersDistinct } = response;
        const warnings = headersDistinct["warning"] ?? [];
        text(response).then((answer) => {
          resolve({ status, answer, warnings });
        }, reject);
      });
      sent.on("error", reject);
      sent.end(JSON.stringify({ ...entry, metadata }));
    });
  }
}

/** @throws AssertionError unless the entry would be taken without a word. */
export function assertTaken({ status, answer, warnings }: Verdict, entry: ServiceEntry): void {
  const about = `${entry.metadata.name}: ${answer.slice(0, 500)}`;
  assert.ok(status === 200 || status === 201, `${status} for ${about}`);
  assert.deepEqual(warnings, [], about);
}
