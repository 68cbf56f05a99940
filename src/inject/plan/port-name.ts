import type { PodView } from "../pod.ts";

/** Kubernetes' limit for the name of a port (IANA_SVC_NAME, RFC 6335). */
const LONGEST_NAME = 15;

/**
 * A name for a port of ours that no container of the pod gives to one of its own: the API server warns of two equal names,
 * and whoever asks for a port by its name means the app's.
 */
export function freePortName(pod: PodView, wanted: string): string {
  const taken = new Set(
    [...pod.initContainers, ...pod.containers].flatMap((container) => container.ports.map((port) => port.name)),
  );
  if (!taken.has(wanted)) return wanted;
  const stem = `outrigger-${wanted}`;
  // a pod that took them all has at most as many names as there are numbers to try
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? "" : `-${number}`;
    const name = `${stem.slice(0, LONGEST_NAME - suffix.length)}${suffix}`;
    if (!taken.has(name)) return name;
  }
}
