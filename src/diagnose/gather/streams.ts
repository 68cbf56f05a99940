import { PLACES } from "../../install/objects/ownership.ts";
import type { ComponentFacts } from "../facts/component.ts";
import { whyNot } from "../facts/reading.ts";
import { type StreamsFacts, streamsIn } from "../facts/streams.ts";
import { askPod } from "./ask-pod.ts";
import { inParallel } from "./in-parallel.ts";
import type { PodDoor } from "./pod-door.ts";

/** Where the control plane tells whom it serves; it listens on loopback only. */
const DIAGNOSTICS_PORT = 9091;

/**
 * Asks every ready replica of the control plane, and puts their answers together. One on its way out may have ended by now, its proxies being elsewhere:
 * where it does not answer, nothing is missing. Nothing is thrown.
 */
export async function readStreams(door: PodDoor, { deployment, pods }: ComponentFacts): Promise<StreamsFacts> {
  const { name, namespace } = PLACES["control-plane"];
  if (deployment.kind !== "read") return nothing(whyNot(deployment, `Deployment ${name} in namespace ${namespace}`));
  if (pods.kind !== "read") return nothing(whyNot(pods, `pod of ${name}`));
  const ready = pods.value.filter((pod) => pod.ready);
  if (ready.length === 0) return nothing("no replica of the control plane is ready");
  const asked = await inParallel(ready, async ({ name: pod, leaving }) => {
    const answer = await askPod(door, { namespace, pod, port: DIAGNOSTICS_PORT }, "/streams");
    if (answer.kind !== "read" && leaving) return undefined;
    if (answer.kind !== "read") return { name: pod, streams: [], problem: whyNot(answer, "list of streams") };
    const streams = streamsIn(answer.value, pod);
    return streams === undefined
      ? { name: pod, streams: [], problem: "its list of streams is not what this version reads" }
      : { name: pod, streams, problem: "" };
  });
  const answers = asked.filter((answer) => answer !== undefined);
  return {
    replicas: answers.map(({ streams, ...rest }) => ({ ...rest, streams: streams.length })),
    streams: answers.flatMap(({ streams }) => streams),
    problem: answers.every(({ problem }) => problem !== "") ? "no replica of the control plane could be asked" : "",
  };
}

function nothing(problem: string): StreamsFacts {
  return { replicas: [], streams: [], problem };
}
