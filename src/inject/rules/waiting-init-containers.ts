import { APPMESH_PREFIX, INIT_CONTAINERS_KEY } from "../../model/names.ts";
import { describeContainer } from "../pod.ts";
import type { Ended, Trace } from "../trace.ts";
import { connectionWaiter } from "./connection-waiter.ts";
import type { Seen } from "./seen.ts";

/** Inside the mesh a connection is accepted by Envoy, whoever is behind it: who waits for that does not wait. */
export function waitingInitContainers(
  { pod, settings }: Pick<Seen, "pod" | "settings">,
  trace: Trace,
): Ended | undefined {
  if (settings.capture.mode === "none" || settings.initContainers === "outside") return undefined;
  for (const container of pod.initContainers.filter((entry) => !entry.restartable)) {
    const waiter = connectionWaiter(container, settings.capture);
    if (waiter === undefined) continue;
    const remedy =
      settings.capture.mode === "init"
        ? `${INIT_CONTAINERS_KEY}: outside`
        : `the port in ${APPMESH_PREFIX}egressIgnoredPorts`;
    trace.warn(
      "waiting-init-containers",
      `${describeContainer(container)} seems to wait with ${waiter} until a connection is accepted, and Envoy accepts every one: it would not wait; annotate ${remedy}`,
    );
  }
  return undefined;
}
