import { isObject, member } from "../../model/json.ts";
import type { SidecarSettings } from "../decision.ts";
import type { ContainerView, PROBES } from "../pod.ts";

/**
 * What a probe of a gateway's container runs: a command that asks the admin interface, as those of App Mesh's charts do (`curl` of port
 * 9901); another one that the image cannot have, for it has no shell; or one that may be there, in an image that is the user's choice. Undefined: none.
 */
export function execOf(
  { raw }: ContainerView,
  probe: (typeof PROBES)[number],
  { keepGatewayImage, configuration: { proxy } }: SidecarSettings,
): "admin" | "impossible" | "own" | undefined {
  const exec = member(member(raw, probe), "exec");
  if (exec === undefined || exec === null) return undefined;
  if (keepGatewayImage) return "own";
  const command = member(exec, "command");
  const isAlone = isObject(exec) && Object.keys(exec).length === 1 && Array.isArray(command);
  const port = new RegExp(`\\b${proxy.adminPort}\\b`);
  if (isAlone && command.some((word) => typeof word === "string" && port.test(word))) return "admin";
  return proxy.image === "" ? "impossible" : "own";
}
