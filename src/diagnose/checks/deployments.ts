import { type Component, PLACES } from "../../install/objects/ownership.ts";
import type { ClusterFacts } from "../facts/cluster-facts.ts";
import { type ComponentFacts, OBJECTS } from "../facts/component.ts";
import { valueIn, whyNot } from "../facts/reading.ts";
import { type Check, type CheckProblem, count, type Findings, unread } from "./check.ts";

export const injectorRuns: Check = {
  id: "injector",
  title: "Injector",
  about: "installation",
  run: ({ injector }) => running("injector", injector),
};

export const controlPlaneRuns: Check = {
  id: "control-plane",
  title: "Control plane",
  about: "installation",
  run(facts: ClusterFacts) {
    const isWanted = valueIn(facts.configuration)?.proxy.controlPlane !== "none";
    if (!isWanted && facts.controlPlane.deployment.kind === "absent") {
      return { notApplicable: "proxy.controlPlane is none, and none is installed" };
    }
    if (facts.configuration.kind === "refused" && facts.controlPlane.deployment.kind === "absent") {
      return {
        notApplicable: `none is installed; whether one is needed is not known: ${whyNot(facts.configuration, "")}`,
      };
    }
    return running("control-plane", facts.controlPlane);
  },
};

function running(component: Component, { deployment, pods, service }: ComponentFacts): Findings {
  const { name, namespace } = PLACES[component];
  const what = `Deployment ${name} in namespace ${namespace}`;
  if (deployment.kind === "absent") {
    const saw = `there is no ${what}`;
    return { found: "not installed", problems: [{ status: "failed", saw, hint: "MESH_NAME=… outrigger install" }] };
  }
  if (deployment.kind !== "read") return unread(deployment, what);
  const { isOurs, desired, ready, image } = deployment.value;
  const problems: CheckProblem[] = [];
  if (!isOurs) {
    const saw = `${what} was not made by Outrigger (its image is ${image})`;
    problems.push({ status: "failed", saw, hint: "remove it as its own documentation says, then outrigger install" });
  }
  if (ready < desired || desired === 0) {
    const stuck = (valueIn(pods) ?? []).filter(({ waiting, leaving }) => waiting !== "" && !leaving);
    const why = stuck.map((pod) => `pod ${pod.name} waits (${pod.waiting})`).join(", ");
    problems.push({
      status: ready === 0 ? "failed" : "warning",
      saw: `${ready} of ${count(desired, "replica")} of ${what} ${ready === 1 ? "is" : "are"} ready${why === "" ? "" : `: ${why}`}`,
      hint:
        desired === 0
          ? `kubectl scale -n ${namespace} deployment/${name} --replicas=1`
          : `kubectl describe pods -n ${namespace} -l app.kubernetes.io/name=${name}`,
    });
  }
  if (isOurs) problems.push(...unreachable(component, service));
  return { found: `${ready} of ${desired} ready, ${image}`, problems };
}

/** Ready pods are of no use to anybody who asks for them by the name of a Service that is gone or leads elsewhere. */
function unreachable(component: Component, service: ComponentFacts["service"]): readonly CheckProblem[] {
  if (service.kind === "absent" || (service.kind === "read" && !service.value)) {
    const what = `Service ${OBJECTS[component].service} in namespace ${PLACES[component].namespace}`;
    const saw = service.kind === "absent" ? `there is no ${what}` : `${what} does not select its pods`;
    const effect = component === "injector" ? "the API server cannot ask it about pods" : "no new sidecar gets ready";
    return [{ status: "failed", saw: `${saw}: ${effect}`, hint: "MESH_NAME=… outrigger install puts it right" }];
  }
  // a Service that may not be read is reported by the check of permissions
  return [];
}
