import type { PortRange } from "../../inject/decision.ts";
import { findContainer, podView } from "../../inject/pod.ts";
import { parseAddresses, parseIgnoredPorts, parsePorts } from "../../inject/values.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../model/json.ts";
import { APPMESH_PREFIX, CAPTURE_CONTAINER } from "../../model/names.ts";

/** What of a pod's traffic goes through its sidecar, and what leaves past it. */
export interface PodCapture {
  /** Ports whose incoming connections go to the sidecar; all others go straight to the app. */
  readonly ports: readonly PortRange[];
  readonly ignoredPorts: readonly PortRange[];
  /** Addresses and blocks of both families. */
  readonly ignoredIps: readonly string[];
}

/** proxyinit leaves this port out, whatever it is told (docs/capture.md). */
const SSH: PortRange = { first: 22, last: 22 };

/**
 * What a running pod's traffic was redirected by: the environment of its init container, else, with the CNI plugin, the annotations that
 * injection wrote for that. What cannot be read counts as nothing, as those who read it then fail.
 */
export function podCapture(pod: JsonObject): PodCapture {
  const view = podView(pod);
  const container = findContainer([...view.initContainers, ...view.containers], CAPTURE_CONTAINER);
  if (container === undefined) {
    const ports = view.annotations[`${APPMESH_PREFIX}egressIgnoredPorts`];
    return {
      ports: appPortsIn(view.annotations[`${APPMESH_PREFIX}ports`]),
      ignoredPorts: portsIn(ports),
      ignoredIps: addressesIn(view.annotations[`${APPMESH_PREFIX}egressIgnoredIPs`]),
    };
  }
  const env = (name: string): string | undefined =>
    stringOf(objectsOf(member(container.raw, "env")).find((entry) => entry.name === name)?.value);
  const ports = portsIn(env("APPMESH_EGRESS_IGNORED_PORTS"));
  const hasSsh = ports.some(({ first, last }) => first <= SSH.first && SSH.last <= last);
  return {
    ports: appPortsIn(env("APPMESH_APP_PORTS")),
    ignoredPorts: hasSsh ? ports : [SSH, ...ports],
    ignoredIps: addressesIn(env("APPMESH_EGRESS_IGNORED_IP")),
  };
}

function appPortsIn(text = ""): readonly PortRange[] {
  const parsed = parsePorts(text);
  return parsed.ok ? parsed.value : [];
}

function portsIn(text = ""): readonly PortRange[] {
  const parsed = parseIgnoredPorts(text);
  return parsed.ok ? parsed.value : [];
}

function addressesIn(text = ""): readonly string[] {
  const parsed = parseAddresses(text);
  return parsed.ok ? parsed.value : [];
}
