import { MeshGraph } from "../src/graph/graph.ts";
import type { NodeView } from "../src/graph/view.ts";
import type { JsonObject } from "../src/model/json.ts";
import type { MeshChange } from "../src/model/mesh-change.ts";
import { type MeshObject, refOf } from "../src/model/mesh-object.ts";
import { parseObject } from "../src/model/parse-object.ts";
import { PLAIN_TRAITS } from "../src/model/proxy-traits.ts";
import { encodeResource } from "../src/xds/encode/encode-resource.ts";
import type { EncodedResource } from "../src/xds/serve/resource.ts";
import { translateNode } from "../src/xds/translate/node.ts";
import { median } from "./median.ts";
import { MOVED, meshObjects, routerOf } from "./mesh-world.ts";

const ROUNDS = 9;
const NAMESPACE: MeshChange = {
  kind: "namespace",
  name: "bench",
  before: undefined,
  after: { name: "bench", labels: { mesh: "bench" }, annotations: {} },
};

/** What a mesh of so many nodes costs without any proxy, in milliseconds of CPU. */
export interface ComputingFigures {
  readonly nodes: number;
  /** Graph, views and the bytes of every proxy's resources from nothing. */
  readonly fromNothingMilliseconds: number;
  /** A weight moves that every node sees. */
  readonly afterOneChangeSeenByAllMilliseconds: number;
  /** A weight moves that two nodes see. */
  readonly afterOneChangeMilliseconds: number;
  /** Of all resources of a proxy with three backends, as they are sent. */
  readonly bytesOfOneProxy: number;
}

/** Objects to bytes, without streams and processes; the bytes are kept as those of a mesh with a proxy of every node are. */
export function computing(nodes: number): ComputingFigures {
  const fromNothing: number[] = [];
  const seenByAll: number[] = [];
  const seenByTwo: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // another port, so that no bytes are known from the round before
    const port = 8_080 + round;
    const objects = meshObjects(nodes, "moved", port).map(parsed);
    const graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
    const sent = new Map<string, readonly EncodedResource[]>();
    const apply = (changes: readonly MeshChange[]): number => {
      const begun = process.cpuUsage();
      for (const ref of graph.apply(changes).views) sent.set(ref.name, encoded(graph.view(ref) as NodeView));
      const { user, system } = process.cpuUsage(begun);
      return (user + system) / 1000;
    };
    fromNothing.push(apply([NAMESPACE, ...objects.map((after) => change(after, undefined))]));
    for (const [name, times] of [
      [MOVED.everywhere, seenByAll],
      [MOVED.rarely, seenByTwo],
    ] as const) {
      const before = objects.find(({ kind, metadata }) => kind === "VirtualRouter" && metadata.name === name);
      const after = parsed(routerOf(name, { first: 2, second: 1 }, port));
      times.push(apply([change(after, before)]));
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
  const graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  graph.apply([NAMESPACE, ...meshObjects(nodes, "plain").map((each) => change(parsed(each), undefined))]);
  const view = graph.view({ kind: "VirtualNode", namespace: "bench", name: "web-0" }) as NodeView;
  return encoded(view).reduce((sum, { any }) => sum + any.length, 0);
}

function encoded(view: NodeView): readonly EncodedResource[] {
  return translateNode(view, PLAIN_TRAITS, { domain: "cluster.local" }).map(encodeResource);
}

function parsed(object: JsonObject): MeshObject {
  const result = parseObject(object);
  if (result.kind === "refused") throw new Error(JSON.stringify(result.problems));
  return result.object;
}

function change(after: MeshObject, before: MeshObject | undefined): MeshChange {
  return { kind: "object", ref: refOf(after), before, after, refused: [] };
}
