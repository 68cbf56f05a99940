import type { ProbeCheck, ProbeRoute } from "../../bootstrap/spec.ts";
import { isObject, type Json, type JsonObject, listOf, member, numberOf, stringOf } from "../../model/json.ts";
import type { SidecarSettings } from "../decision.ts";
import { type ContainerView, describeContainer, type PodView, PROBES, runningContainers } from "../pod.ts";
import { isCaptured } from "../rules/capture.ts";
import type { Trace } from "../trace.ts";

/** A probe that is to ask the sidecar's status listener, which asks the app. */
export interface ProbeRewrite {
  readonly container: ContainerView;
  readonly probe: (typeof PROBES)[number];
  readonly action: "httpGet" | "tcpSocket" | "grpc";
  readonly route: ProbeRoute;
}

/**
 * The probes on captured ports. Sent to the app's port they would meet Envoy: a TCP probe would always succeed, an HTTP probe would
 * fail for lack of a client certificate once the mesh asks for one (bug C21). Exec probes, probes of other ports and of
 * other hosts are left alone; so is one with fields that we do not know, with a warning.
 */
export function probeRewrites(pod: PodView, settings: SidecarSettings, trace: Trace): readonly ProbeRewrite[] {
  const rewrites: ProbeRewrite[] = [];
  for (const container of runningContainers(pod)) {
    for (const probe of PROBES) {
      const raw = member(container.raw, probe);
      if (!isObject(raw)) continue;
      const found = checkOf(raw, container);
      if (found === undefined || !isCaptured(settings.capture, found.check.port)) continue;
      const place = `${describeContainer(container)} ${probe}`;
      if (found.unknown !== undefined) {
        trace.warn(
          "probes",
          `${place} has the unknown field ${found.action}.${found.unknown} and is not rewritten: it will be answered by Envoy, not by the app`,
        );
        continue;
      }
      const path = probePath(container.name, probe);
      rewrites.push({
        container,
        probe,
        action: found.action,
        // 0 means the default of 1, as it does for the API server
        route: { path, timeoutSeconds: numberOf(member(raw, "timeoutSeconds")) || 1, check: found.check },
      });
    }
  }
  if (settings.flavor === "aws" && rewrites.length > 0) {
    trace.warn(
      "probes",
      `${rewrites.length} probes go to captured ports and meet Envoy first: the aws flavor cannot rewrite them; probe a port that is not in ports`,
    );
    return [];
  }
  if (rewrites.length > 0)
    trace.set(
      "probes",
      `${rewrites.length} probes are asked through the status listener: ${rewrites.map((rewrite) => rewrite.route.path).join(", ")}`,
    );
  return rewrites;
}

/** Where the status listener answers for a container's probe. */
export function probePath(container: string, probe: (typeof PROBES)[number]): string {
  return `/probe/${container}/${probe.slice(0, -"Probe".length)}`;
}

interface FoundCheck {
  readonly action: ProbeRewrite["action"];
  readonly check: ProbeCheck;
  /** A field of a removed action that we would lose. */
  readonly unknown: string | undefined;
}

function checkOf(probe: JsonObject, container: ContainerView): FoundCheck | undefined {
  return (
    httpCheck(member(probe, "httpGet"), container) ??
    tcpCheck(member(probe, "tcpSocket"), container) ??
    grpcCheck(member(probe, "grpc"))
  );
}

function httpCheck(action: Json | undefined, container: ContainerView): FoundCheck | undefined {
  const port = portOf(member(action, "port"), container);
  if (!isObject(action) || port === undefined || stringOf(member(action, "host"))) return undefined;
  const headers = listOf(member(action, "httpHeaders"));
  const path = stringOf(member(action, "path")) || "/";
  return {
    action: "httpGet",
    unknown: undefined,
    check: {
      kind: "http",
      tls: member(action, "scheme") === "HTTPS",
      port,
      path: path.startsWith("/") ? path : `/${path}`,
      ownHost: headers.some((header) => stringOf(member(header, "name"))?.toLowerCase() === "host"),
    },
  };
}

function tcpCheck(action: Json | undefined, container: ContainerView): FoundCheck | undefined {
  const port = portOf(member(action, "port"), container);
  if (!isObject(action) || port === undefined || stringOf(member(action, "host"))) return undefined;
  return { action: "tcpSocket", unknown: unknownField(action, ["port", "host"]), check: { kind: "tcp", port } };
}

function grpcCheck(action: Json | undefined): FoundCheck | undefined {
  const port = numberOf(member(action, "port"));
  if (!isObject(action) || port === undefined) return undefined;
  const service = stringOf(member(action, "service")) ?? "";
  // no argument can hold a NUL: such a probe is like one with an unknown field
  const known = service.includes("\0") ? ["port"] : ["port", "service"];
  return { action: "grpc", unknown: unknownField(action, known), check: { kind: "grpc", port, service } };
}

/** A field besides the known scalars: it would be lost when the action is replaced. */
function unknownField(action: JsonObject, known: readonly string[]): string | undefined {
  return Object.keys(action).find((key) => !known.includes(key) || isObject(action[key]) || Array.isArray(action[key]));
}

/** A port by number, or by the name that the container's own ports give it. */
function portOf(value: Json | undefined, container: ContainerView): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const named = container.ports.find((port) => port.name === value)?.port;
  return named ?? (/^[0-9]{1,5}$/.test(value) ? Number(value) : undefined);
}
