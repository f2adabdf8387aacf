// Node keeps compiled modules in a cache: half a second less for every preview. Loaded before the program (`nodeargs` in Pulumi.yaml),
// and before the Kubernetes client in processes of dynamic providers.
import { enableCompileCache, flushCompileCache } from "node:module";

/** The engine kills processes of plugins, which then write no cache at their end. */
const WRITE_AFTER_MILLISECONDS = 1500;

enableCompileCache();
setTimeout(flushCompileCache, WRITE_AFTER_MILLISECONDS).unref();
