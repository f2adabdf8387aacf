import { fileURLToPath } from "node:url";

/** The lab's app, a file for Node: what runs in containers of the lab's own image. */
export const APP_FILE = fileURLToPath(new URL("./appServer.ts", import.meta.url));
