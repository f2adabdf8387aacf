import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Option of Node for processes with Pulumi's SDK: modules that neither the program nor its providers use are not loaded. A URL, as
 * `NODE_OPTIONS` is split at blanks.
 */
export const WITHOUT_UNUSED_MODULES = `--import=${pathToFileURL(join(import.meta.dirname, "../../sdkModules.ts")).href}`;
