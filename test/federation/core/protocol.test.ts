import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { type Protocol, protocolOf } from "../../../federation/core/port.ts";

/** name, appProtocol, protocol: as Istio's own ConvertProtocol has it; undefined where the gateway cannot carry it. */
const cases: [string | undefined, string | undefined, string | undefined, Protocol | undefined][] = [
  ["http", undefined, undefined, "HTTP"],
  ["http-web", undefined, "TCP", "HTTP"],
  ["HTTP-web", undefined, "TCP", "HTTP"],
  ["http2", undefined, undefined, "HTTP2"],
  ["http2-x", undefined, undefined, "HTTP2"],
  ["https-x", undefined, undefined, "HTTPS"],
  ["httpx", undefined, undefined, "TCP"],
  ["grpc", undefined, undefined, "GRPC"],
  ["grpc-x", undefined, undefined, "GRPC"],
  ["grpc-web", undefined, undefined, "GRPC-WEB"],
  ["grpc-web-x", undefined, undefined, "GRPC-WEB"],
  ["tls", undefined, undefined, "TLS"],
  ["tcp-x", undefined, undefined, "TCP"],
  ["mongo", undefined, undefined, "MONGO"],
  ["mysql-x", undefined, undefined, "MYSQL"],
  ["redis", undefined, undefined, "REDIS"],
  ["metrics", undefined, undefined, "TCP"],
  ["web-http", undefined, undefined, "TCP"],
  ["", undefined, undefined, "TCP"],
  [undefined, undefined, undefined, "TCP"],
  ["tcp", "http", undefined, "HTTP"],
  ["http", "tcp", undefined, "TCP"],
  ["http", "postgresql", undefined, "TCP"],
  ["x", "GRPC", undefined, "GRPC"],
  ["x", "kubernetes.io/h2c", undefined, "HTTP2"],
  ["x", "kubernetes.io/ws", undefined, "HTTP"],
  ["x", "kubernetes.io/wss", undefined, "HTTPS"],
  ["kubernetes.io/h2c", undefined, undefined, "TCP"],
  ["x", "constructor", undefined, "TCP"],
  ["x", "http_proxy", undefined, "HTTP"],
  ["udp-x", undefined, "TCP", undefined],
  ["http", undefined, "UDP", undefined],
  ["http", "http", "SCTP", undefined],
];

describe("A port's protocol", () => {
  for (const [name, appProtocol, protocol, expected] of cases) {
    it(`is ${expected ?? "none"} for name ${name ?? "-"}, appProtocol ${appProtocol ?? "-"}, ${protocol ?? "-"}`, () => {
      assert.equal(protocolOf({ name, appProtocol, protocol }), expected);
    });
  }
});
