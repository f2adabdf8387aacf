import { jsonOf } from "../../federation/imports/importOf.ts";
import type { Inputs } from "../../../providers/importedServices/inputs.ts";
import type { LiveObject } from "../../../providers/importedServices/liveObject.ts";
import { type FakeApiServer, listOf, objectOrNotFound } from "../support/fakeApiServer.ts";

/** Inputs for peer b, with one gateway. @param lines the line of each service, by host. */
export function inputsOfB(lines: Record<string, string>, more: Partial<Inputs> = {}): Inputs {
  return {
    kubeconfig: {},
    namespace: "ns",
    peer: "b",
    exportTo: ["*"],
    gateways: [{ address: "203.0.113.10", port: 15443 }],
    otherGateways: {},
    services: jsonOf(lines),
    notAsDeclared: {},
    siblings: [],
    handedOver: [],
    braked: "",
    ...more,
  };
}

/**
 * Answers reads with these objects, by their paths.
 * @param applied the answer to a write of a path.
 */
export function serveObjects(
  server: FakeApiServer,
  objects: ReadonlyMap<string, LiveObject>,
  applied: (path: string) => unknown,
): void {
  server.answerBy((request) => {
    const [verb = "", url = ""] = request.split(" ");
    const [path = "", query = ""] = url.split("?");
    if (verb === "PATCH") return { status: 200, body: applied(path) };
    if (verb !== "GET" || query === "") return objectOrNotFound(objects.get(path));
    const isOfB = !query.includes("%21%3D");
    const items = [...objects].flatMap(([at, object]) =>
      at.startsWith(`${path}/`) && isOfB === (object.metadata.labels?.["istio-federation.dev/peer"] === "b")
        ? [object]
        : [],
    );
    return listOf(items);
  });
}
