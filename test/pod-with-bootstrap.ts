import { bootstrap } from "../src/bootstrap/bootstrap.ts";
import { bootstrapArgument } from "../src/bootstrap/expansion.ts";
import type { BootstrapSpec } from "../src/bootstrap/spec.ts";
import type { JsonObject } from "../src/model/json.ts";

/** A pod of which only the sidecar matters. */
export function podWithBootstrap(spec: BootstrapSpec): JsonObject {
  return { spec: { containers: [sidecarWith(bootstrapArgument(bootstrap(spec)))] } };
}

/** The container of a sidecar with this argument. */
export function sidecarWith(argument: string): JsonObject {
  return { name: "envoy", image: "envoy", args: ["--config-yaml", argument] };
}
