import { MeshGraph } from "../src/graph/graph.ts";
import type { NodeView } from "../src/graph/view.ts";
import type { JsonObject } from "../src/model/json.ts";
import type { Change } from "../src/model/mesh-change.ts";
import { type MeshObject, refOf } from "../src/model/mesh-object.ts";
import { parseObject } from "../src/model/parse-object.ts";
import { PLAIN_TRAITS } from "../src/model/proxy-traits.ts";
import { encodeResource } from "../src/xds/encode/encode-resource.ts";
import { translateNode } from "../src/xds/translate/node.ts";
import { median } from "./median.ts";
import { MOVED, meshObjects, routerOf } from "./mesh-world.ts";

const ROUNDS = 9;
const NAMESPACE: Change = {
  kind: "namespace",
  name: "bench",
  before: undefined,
  after: { name: "bench", labels: { mesh: "bench" }, annotations: {} },
};

/** What a mesh of so many nodes costs without any proxy, in milliseconds of CPU. */
export interface ComputingFigures {
  readonly nodes: number;
  /** Graph, views and every proxy's resources from nothing. */
  readonly fromNothingMilliseconds: number;
  /** A weight moves that every node sees. */
  readonly afterOneChangeSeenByAllMilliseconds: number;
  /** A weight moves that two nodes see. */
  readonly afterOneChangeMilliseconds: number;
  /** Of all resources of a proxy with three backends, as they are sent. */
  readonly bytesOfOneProxy: number;
}

/** The pure part: objects to resources, without bytes, streams and processes. */
export function computing(nodes: number): ComputingFigures {
  const objects = meshObjects(nodes, "moved").map(parsed);
  const fromNothing: number[] = [];
  const seenByAll: number[] = [];
  const seenByTwo: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local" });
    const begun = process.cpuUsage();
    const { views } = graph.apply([NAMESPACE, ...objects.map((after) => change(after, undefined))]);
    for (const ref of views) resourcesOf(graph.view(ref) as NodeView);
    fromNothing.push(spent(begun));
    for (const [name, times] of [
      [MOVED.everywhere, seenByAll],
      [MOVED.rarely, seenByTwo],
    ] as const) {
      const before = objects.find(({ kind, metadata }) => kind === "VirtualRouter" && metadata.name === name);
      const after = parsed(routerOf(name, { first: round + 2, second: 1 }));
      const start = process.cpuUsage();
      for (const ref of graph.apply([change(after, before)]).views) resourcesOf(graph.view(ref) as NodeView);
      times.push(spent(start));
    }
  }
  return {
    nodes,
    fromNothingMilliseconds: median(fromNothing),
    afterOneChangeSeenByAllMilliseconds: median(seenByAll),
    afterOneChangeMilliseconds: median(seenByTwo),
    bytesOfOneProxy: bytesOfOneProxy(nodes),
  };
}

/** A node of a mesh in which nobody calls more than three services: the same bytes, whatever the size of the mesh. */
function bytesOfOneProxy(nodes: number): number {
  const graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local" });
  graph.apply([NAMESPACE, ...meshObjects(nodes, "plain").map((each) => change(parsed(each), undefined))]);
  const view = graph.view({ kind: "VirtualNode", namespace: "bench", name: "web-0" }) as NodeView;
  return resourcesOf(view).reduce((sum, resource) => sum + encodeResource(resource).any.length, 0);
}

function resourcesOf(view: NodeView): ReturnType<typeof translateNode> {
  return translateNode(view, PLAIN_TRAITS, { domain: "cluster.local" });
}

function parsed(object: JsonObject): MeshObject {
  const result = parseObject(object);
  if (result.kind === "refused") throw new Error(JSON.stringify(result.problems));
  return result.object;
}

function change(after: MeshObject, before: MeshObject | undefined): Change {
  return { kind: "object", ref: refOf(after), before, after, refused: [] };
}

function spent(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
