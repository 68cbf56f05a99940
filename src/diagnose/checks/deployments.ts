import { type Component, PLACES } from "../../install/objects/ownership.ts";
import { LATE_CERTIFICATES, WORKLOAD_AUTHORITY_SECRET } from "../../model/names.ts";
import type { ClusterFacts, InsidePod } from "../facts/cluster-facts.ts";
import { type ComponentFacts, OBJECTS } from "../facts/component.ts";
import { total } from "../facts/metrics-text.ts";
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
    const findings = running("control-plane", facts.controlPlane);
    if (!("problems" in findings)) return findings;
    return { ...findings, problems: [...findings.problems, ...lateCertificates(facts.controlPlanePods)] };
  },
};

/** Each replica serves proxies of its own, but a node of many pods waits at all of them: the most that one says is the least that wait. */
function lateCertificates(replicas: readonly InsidePod[]): readonly CheckProblem[] {
  const late = Math.max(0, ...replicas.map(({ metrics }) => total(valueIn(metrics) ?? "", LATE_CERTIFICATES) ?? 0));
  if (late === 0) return [];
  const { name, namespace } = PLACES["control-plane"];
  const secret = WORKLOAD_AUTHORITY_SECRET;
  return [
    {
      status: "warning",
      saw: `${count(late, "node or gateway waits", "nodes and gateways wait")} for a certificate, or for roots, of the authority in Secret ${secret}, so that TLS with ${late === 1 ? "it" : "them"} fails`,
      hint: `kubectl logs -n ${namespace} deployment/${name} says why it cannot use or make that Secret, or a certificate`,
    },
  ];
}

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
