import type { JsonObject } from "../../model/json.ts";
import { ADMIN_PORT_OPTION, CAPTURE_CONTAINER, PORTS, WAIT_OPTION } from "../../model/names.ts";
import type { SidecarSettings } from "../decision.ts";
import { formatPorts } from "../rules/capture.ts";
import { captureProgram } from "../rules/capture-program.ts";
import type { StartOrder } from "./start-order.ts";

/** The init container that redirects the pod's traffic, with the environment of App Mesh's proxy-route-manager (injector.md §6.2). */
export function captureContainer(
  settings: SidecarSettings,
  resources: JsonObject,
  ownImage: string,
  order: StartOrder,
): JsonObject {
  const { capture } = settings.configuration;
  const image = capture.image || ownImage;
  const program = captureProgram(capture);
  return {
    name: CAPTURE_CONTAINER,
    image,
    ...(capture.imagePullPolicy !== "" && { imagePullPolicy: capture.imagePullPolicy }),
    ...(program === "outrigger" && { args: captureArguments(settings, order) }),
    env: [
      env("APPMESH_START_ENABLED", "1"),
      env("APPMESH_IGNORE_UID", String(settings.uid)),
      env("APPMESH_ENVOY_INGRESS_PORT", String(PORTS.inbound)),
      env("APPMESH_ENVOY_EGRESS_PORT", String(PORTS.outbound)),
      env("APPMESH_APP_PORTS", formatPorts(settings.capture.ports)),
      env("APPMESH_EGRESS_IGNORED_IP", settings.capture.ignoredIps.join(",")),
      env("APPMESH_EGRESS_IGNORED_PORTS", formatPorts(settings.capture.ignoredPorts)),
      env("APPMESH_ENABLE_IPV6", settings.capture.ipv6 ? "1" : "0"),
      ...(program === "outrigger" ? [env("OUTRIGGER_CAPTURE_BACKEND", capture.backend)] : []),
    ],
    resources,
    securityContext:
      program === "outrigger"
        ? strictContext(capture.backend)
        : { runAsUser: 0, runAsNonRoot: false, capabilities: { add: ["NET_ADMIN"] } },
  };
}

/** An option and no variable: a program that does not know it must end, and not redirect to an Envoy that is not ready. */
function captureArguments(settings: SidecarSettings, order: StartOrder): readonly string[] {
  const { startupTimeoutSeconds, adminPort } = settings.configuration.proxy;
  if (order.first === "capture") return ["capture"];
  return ["capture", `${WAIT_OPTION}=${startupTimeoutSeconds}`, `${ADMIN_PORT_OPTION}=${adminPort}`];
}

/** Root and one capability, said explicitly so that pods with runAsNonRoot work too (bug C8); legacy iptables opens a raw socket. */
function strictContext(backend: "nft" | "legacy"): JsonObject {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { add: backend === "legacy" ? ["NET_ADMIN", "NET_RAW"] : ["NET_ADMIN"], drop: ["ALL"] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsGroup: 0,
    runAsNonRoot: false,
    runAsUser: 0,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

function env(name: string, value: string): JsonObject {
  return { name, value };
}
