import assert from "node:assert/strict";
import { type RequestOptions, request } from "node:https";
import { text } from "node:stream/consumers";
import type { ServiceEntry } from "../../../federation/imports/serviceEntry.ts";
import { loadContext } from "../../../lab/cluster/kubeconfig.ts";

/** What an API server would do with an object. */
export interface Verdict {
  status: number;
  /** Why not; the object itself when it would take it. */
  answer: string;
  /** From the `Warning` headers, istiod's among them. */
  warnings: string[];
}

/** Asks an API server what it, and the admission webhooks that it calls, would say to entries; nothing is written. */
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

  /** By server-side apply, as the program writes, and without mercy for fields that nobody knows. */
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
