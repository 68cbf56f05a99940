import { keyOf } from "../../model/mesh-object.ts";
import { APPMESH_PREFIX, INJECT_KEY } from "../../model/names.ts";
import { takesPart } from "../facts/namespace-state.ts";
import { quoted } from "../facts/quoted.ts";
import { valueIn } from "../facts/reading.ts";
import { uncapturedListeners } from "../facts/uncaptured-listeners.ts";
import { selectingNodes } from "../facts/unlabelled-namespaces.ts";
import { type Check, type CheckProblem, count, some } from "./check.ts";

/** Whether nodes have pods, and their pods sidecars. */
export const meshPods: Check = {
  id: "mesh-pods",
  title: "Nodes and their pods",
  about: "installation",
  run({ mesh, unlabelled, namespaces, pods }) {
    if (mesh.kind === "failed") return { notApplicable: mesh.why };
    if (mesh.kind !== "read") return { notApplicable: "there are no App Mesh objects" };
    const { contents, only } = mesh.value;
    const all = selectingNodes(contents).filter(({ namespace }) => only === undefined || namespace === only);
    const states = pods.kind === "read" ? pods.value.map(({ state }) => state) : [];
    const bare = unlabelled
      .filter(({ bare }) => bare > 0)
      .map(
        ({ name, mesh: of, bare }): CheckProblem => ({
          status: "warning",
          saw: `namespace ${name} is in Mesh ${of}, and ${count(bare, "pod")} that its VirtualNodes select have no sidecar: it lacks the label ${INJECT_KEY}`,
          hint: `kubectl label namespace ${name} ${INJECT_KEY}=enabled, and create its pods again`,
        }),
      );
    const uncaptured = uncapturedListeners(contents, states).map(
      ({ node, port, captured, pods: names }): CheckProblem => ({
        status: "warning",
        saw: `${node} has a listener on port ${port}, and ${count(names.length, "pod")} of it (${some(names, 3)}) ${names.length === 1 ? "redirects" : "redirect"} ${captured === "" ? "no port" : `only ${captured}`} to the sidecar: who calls ${port} meets no Envoy, and nobody at all where the app listens elsewhere`,
        hint: `correct spec.listeners[].portMapping.port of ${node}, or name ${port} among the ports of a container, or in the pod's annotation ${APPMESH_PREFIX}ports, and create the pods again`,
      }),
    );
    return {
      found: `${count(all.length, "node")} with a podSelector${withoutPods()}`,
      problems: [...bare, ...uncaptured],
    };

    /** No mistake by itself: a Deployment may have no replicas just now. Where pods cannot be told, nothing is said. */
    function withoutPods(): string {
      if (pods.kind !== "read") return "";
      const unsure = new Set(
        states.flatMap(({ node, namespace }) =>
          node.kind === "unresolved" || node.kind === "unknown" ? [namespace] : [],
        ),
      );
      const looked = new Set((valueIn(namespaces) ?? []).filter(takesPart).map(({ name }) => name));
      const taken = new Set<string>(states.flatMap(({ node }) => (node.kind === "node" ? [keyOf(node.object)] : [])));
      const empty = all.filter(
        (node) => looked.has(node.namespace) && !unsure.has(node.namespace) && !taken.has(keyOf(node)),
      );
      if (empty.length === 0) return "";
      const names = empty.map(({ kind, namespace, name }) => quoted(`${kind} ${namespace}/${name}`));
      return `; no pod has the labels of ${some(names)}: no replicas just now, or other labels`;
    }
  },
};
