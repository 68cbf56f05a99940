import { stringify } from "yaml";
import { type Sidecars, sidecars } from "../sidecars.ts";
import type { ChaosEnvoys, ChaosMesh } from "./chaos-mesh.ts";
import { objectsOf } from "./objects.ts";
import { placesOf } from "./places.ts";
import { CALLERS, type Ports, type Shop, WITH_ENVOY } from "./shop.ts";

const NODES = [...CALLERS, ...WITH_ENVOY];

/** A mesh without a cluster: each Envoy has an xDS server of the product's with what its node gets, computed from nothing for each change. */
export async function servedMesh(shop: Shop, ports: Ports, refused: ReadonlySet<string>): Promise<ChaosMesh> {
  const served = await sidecars(manifestOf(shop), placesOf(ports, refused));
  return {
    ...ofNodes(served),
    change: async (next) => await served.change(manifestOf(next)),
    interrupt: async (random) => await served.restart(random.pick(NODES)),
    rejections: served.rejections,
    another: async (now) => ofNodes(await sidecars(manifestOf(now), placesOf(ports, refused, "second"))),
  };
}

function ofNodes({ envoy, stop }: Sidecars): ChaosEnvoys {
  return { envoys: new Map(NODES.map((node) => [node, envoy(node)])), stop };
}

function manifestOf(shop: Shop): string {
  return objectsOf(shop)
    .map((each) => stringify(each, { aliasDuplicateObjects: false }))
    .join("---\n");
}
