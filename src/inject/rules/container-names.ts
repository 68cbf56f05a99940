import { member, stringOf } from "../../model/json.ts";
import { APPMESH_PREFIX, CAPTURE_CONTAINER, ENVOY_CONTAINER, PORTS } from "../../model/names.ts";
import type { SidecarSettings } from "../decision.ts";
import { describeContainer, findContainer, type PodView, PROBES } from "../pod.ts";
import type { Ended, Trace } from "../trace.ts";
import { execOf } from "./gateway-probes.ts";
import type { Seen } from "./seen.ts";

/** The sidecar's containers need their names; a gateway's container must have Envoy's. */
export function containerNames({ pod, settings }: Pick<Seen, "pod" | "settings">, trace: Trace): Ended | undefined {
  const rule = "container-names";
  const all = [...pod.initContainers, ...pod.containers];
  const envoy = findContainer(all, ENVOY_CONTAINER);
  if (settings.role.kind === "virtualGateway") return gatewayContainer(pod, settings, trace, rule);
  const taken = envoy ?? (settings.capture.mode === "init" ? findContainer(all, CAPTURE_CONTAINER) : undefined);
  if (taken === undefined) return trace.pass(rule, "no container has one of our names");
  if (pod.containers.length === 1 && pod.containers[0] === envoy) {
    return trace.deny(
      rule,
      "container-name-taken",
      `${describeContainer(taken)} has the name of a container that the sidecar needs, and is the pod's only one: where this is the pod of a virtual gateway, no VirtualGateway selects it as yet; once one does (podSelector, a Mesh that selects its namespace) the pod is created by itself. Otherwise rename the container`,
    );
  }
  const image = stringOf(member(taken.raw, "image")) ?? "";
  const old = /aws-appmesh|appmesh/.test(image) ? ", left by an AWS injector: remove it from the pod template" : "";
  return trace.deny(
    rule,
    "container-name-taken",
    `${describeContainer(taken)} has the name of a container that the sidecar needs${old}; rename or remove it, or switch injection off with the annotation ${APPMESH_PREFIX}sidecarInjectorWebhook: disabled`,
  );
}

function gatewayContainer(pod: PodView, settings: SidecarSettings, trace: Trace, rule: string): Ended | undefined {
  const container = findContainer(pod.containers, ENVOY_CONTAINER);
  if (container === undefined) {
    return trace.deny(
      rule,
      "gateway-without-envoy",
      `the pod is virtual gateway ${settings.role.name}, but none of its containers is named ${ENVOY_CONTAINER}: name the one that is to run the gateway so, its image is filled in`,
    );
  }
  if (settings.flavor === "aws") return trace.pass(rule, `${describeContainer(container)} is filled in`);
  const own = ["command", "args"].find((key) => member(container.raw, key) !== undefined);
  if (own !== undefined) {
    return trace.deny(
      rule,
      "gateway-with-command",
      `${describeContainer(container)} sets ${own}, but the gateway's Envoy gets its configuration as arguments: remove ${own}, or use the aws flavor`,
    );
  }
  const probe = PROBES.find((each) => execOf(container, each, settings) === "impossible");
  if (probe === undefined) return trace.pass(rule, `${describeContainer(container)} is filled in`);
  const instead = `ask by httpGet for /ready on port ${PORTS.status}`;
  return trace.deny(
    rule,
    "gateway-with-exec-probe",
    `${describeContainer(container)} has a ${probe} by a command, but its image has no shell and no other program than Envoy: ${instead}, or keep an image of your own with the annotation ${APPMESH_PREFIX}virtualGatewaySkipImageOverride: enabled`,
  );
}
