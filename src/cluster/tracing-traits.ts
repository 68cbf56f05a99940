import { isObject, type Json, type JsonObject, jsonIn, member, numberOf, stringOf } from "../model/json.ts";
import type { TracingTraits } from "../model/proxy-traits.ts";

const UNREADABLE: TracingTraits = { kind: "unreadable" };
const TYPE = "type.googleapis.com/envoy.config.trace.v3.";

/** A DNS name of at most 253 characters and a port. */
const HOST =
  /^(?=.{1,259}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?:[0-9]{1,5}$/i;
/** The rules that the injector writes take some seventy. */
const LONGEST_RULES = 256;

/**
 * Settings of tracing out of a bootstrap, an `HttpConnectionManager.Tracing` message in JSON as `src/bootstrap/tracing.ts` writes
 * it. Whatever differs between two bootstraps of ours is read and checked; the rest of the message is not looked at.
 */
export function tracingTraits(settings: Json | undefined): TracingTraits {
  if (settings === undefined) return { kind: "none" };
  const config = member(member(settings, "provider"), "typed_config");
  if (!isObject(config)) return UNREADABLE;
  const percent = member(member(settings, "random_sampling"), "value");
  switch (config["@type"]) {
    case `${TYPE}ZipkinConfig`:
      return collected("zipkin", percent, config["collector_hostname"]);
    case `${TYPE}DatadogConfig`:
      return collected("datadog", percent, config["collector_hostname"]);
    case `${TYPE}OpenTelemetryConfig`:
      return collected("opentelemetry", percent, member(member(config["grpc_service"], "envoy_grpc"), "authority"));
    case `${TYPE}XRayConfig`:
      return xray(config);
    default:
      return UNREADABLE;
  }
}

function collected(
  kind: "zipkin" | "datadog" | "opentelemetry",
  share: Json | undefined,
  host: Json | undefined,
): TracingTraits {
  const percent = numberIn(share, 0, 100);
  if (percent === undefined) return UNREADABLE;
  if (host === undefined) return { kind, percent, host };
  return typeof host === "string" && HOST.test(host) ? { kind, percent, host } : UNREADABLE;
}

/** The injector's daemon runs in the pod, or is reached through the pod's loopback. */
function xray(config: JsonObject): TracingTraits {
  const endpoint = config["daemon_endpoint"];
  const port = numberIn(member(endpoint, "port_value"), 1, 65_535);
  const rate = numberIn(rateOf(stringOf(member(config["sampling_rule_manifest"], "inline_string"))), 0, 1);
  const isOurs = member(endpoint, "address") === "127.0.0.1" && Number.isInteger(port);
  return isOurs && port !== undefined && rate !== undefined ? { kind: "xray", port, rate } : UNREADABLE;
}

/** The rate in a manifest of sampling rules: its default is the only rule. */
function rateOf(manifest: string | undefined): Json | undefined {
  if (manifest === undefined || manifest.length > LONGEST_RULES) return undefined;
  return member(member(jsonIn(manifest), "default"), "rate");
}

function numberIn(value: Json | undefined, least: number, most: number): number | undefined {
  const number = numberOf(value);
  return number !== undefined && number >= least && number <= most ? number : undefined;
}
