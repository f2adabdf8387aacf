import assert from "node:assert/strict";
import { entryPoint, roleOf } from "../../../lab/kubelet/overrides.ts";

const TOOLS = {
  pilotDiscovery: "/d",
  pilotAgent: "/a",
  envoy: "/e",
  bootstrapTemplate: "/t",
  node: "/n",
  app: "/app.ts",
};

describe("the program of an image", () => {
  const images: [image: string, command: string[]][] = [
    ["registry.istio.io/release/pilot:1.31.1", ["/d"]],
    ["registry.istio.io/release/pilot:1.31.1-distroless", ["/d"]],
    ["localhost:5000/istio/proxyv2@sha256:0123", ["/a"]],
    ["proxyv2", ["/a"]],
    ["lab.istio-federation.dev/app", ["/n", "/app.ts"]],
    ["lab.istio-federation.dev/app:2", ["/n", "/app.ts"]],
  ];
  for (const [image, command] of images) {
    it(`of ${image} is ${command.join(" ")}`, () => {
      assert.deepEqual(entryPoint(roleOf({ name: "c", image }), TOOLS), command);
    });
  }

  for (const image of ["auto", "nginx:1", "example.com/pilot/other"]) {
    it(`is unknown for ${image}`, () => {
      assert.throws(() => roleOf({ name: "c", image }), new RegExp(`container c: .* "${image}"`));
    });
  }
});
