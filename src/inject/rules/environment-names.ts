import { ENVOY_CONTAINER, EXPANDED_NAMES } from "../../model/names.ts";
import { findContainer } from "../pod.ts";
import type { Ended, Trace } from "../trace.ts";
import type { Seen } from "./seen.ts";

/** Envoy's environment must not use the names that its arguments refer to. */
export function environmentNames({ pod, settings }: Pick<Seen, "pod" | "settings">, trace: Trace): Ended | undefined {
  if (settings.flavor !== "envoy") return undefined;
  const gateway = settings.role.kind === "virtualGateway" ? findContainer(pod.containers, ENVOY_CONTAINER) : undefined;
  const present = Array.isArray(gateway?.raw["env"])
    ? (gateway.raw["env"] as readonly { name?: string }[]).map((entry) => entry?.name)
    : [];
  const names: readonly (string | undefined)[] = [...settings.env.map((entry) => entry.name), ...present];
  const reserved = EXPANDED_NAMES.find((name) => names.includes(name));
  if (reserved === undefined) return undefined;
  return trace.deny(
    "reserved-env",
    "reserved-env",
    `environment variable ${reserved} is set for Envoy, but the sidecar uses that name itself; choose another name`,
  );
}
