import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { PLAIN_SPEC } from "../../../test/envoy/plain-spec.ts";
import { ENVOY_MESSAGES } from "../../../test/envoy-messages.ts";
import { podWithBootstrap } from "../../../test/pod-with-bootstrap.ts";
import type { Tracing } from "../../bootstrap/spec.ts";
import { tracingParts } from "../../bootstrap/tracing.ts";
import { podTraits } from "../../cluster/pod-traits.ts";
import { bytesOf } from "../encode/bytes.ts";
import { HttpConnectionManager_TracingSchema } from "../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { tracing } from "./tracing.ts";

const NODE = { mesh: "shop", name: "cart" };
const COLLECTOR = { address: "collector.tracing.svc", port: 1234, samplingRate: 0.07 };

test.each<Tracing>([
  { kind: "jaeger", ...COLLECTOR },
  { kind: "jaeger", ...COLLECTOR, address: "10.1.2.3" },
  { kind: "datadog", ...COLLECTOR, serviceName: "envoy-shop/cart" },
  { kind: "datadog", ...COLLECTOR, address: "fd00::1", samplingRate: 0, serviceName: "envoy-shop/cart" },
  { kind: "otel", ...COLLECTOR, serviceName: "envoy-shop/cart" },
  { kind: "otel", ...COLLECTOR, address: "127.0.0.1", samplingRate: 1, serviceName: "envoy-shop/cart" },
  { kind: "xray", address: "127.0.0.1", port: 2000, samplingRate: 0.05, segmentName: "shop/cart" },
  { kind: "xray", address: "xray.amazon", port: 2000, samplingRate: 1, segmentName: "shop/cart" },
])("a proxy gets the tracing that its bootstrap says: $kind at $address, $samplingRate", (asked) => {
  const traits = podTraits(podWithBootstrap({ ...PLAIN_SPEC, tracing: asked }));
  const made = tracing(traits.tracing, NODE);
  const said = fromJson(HttpConnectionManager_TracingSchema, tracingParts(asked, undefined).settings as JsonValue, {
    registry: ENVOY_MESSAGES,
  });
  expect.assert(made !== undefined);
  expect(Buffer.from(bytesOf(HttpConnectionManager_TracingSchema, made))).toEqual(
    Buffer.from(bytesOf(HttpConnectionManager_TracingSchema, said)),
  );
});

test.each(["none", "unreadable"] as const)("none where a pod has none: %s", (kind) => {
  expect(tracing({ kind }, NODE)).toBeUndefined();
});
