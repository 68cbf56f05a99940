import { setTimeout as sleep } from "node:timers/promises";
import type { AdsEnvoy } from "../../pushes/ads-envoy.ts";
import { asFirst } from "./places.ts";
import type { Chance } from "./random.ts";
import type { Shop } from "./shop.ts";

/** Real Envoys by the names of their nodes. */
export interface ChaosEnvoys {
  readonly envoys: ReadonlyMap<string, AdsEnvoy>;
  readonly stop: () => Promise<void>;
}

/** A mesh that is changed while it runs. */
export interface ChaosMesh extends ChaosEnvoys {
  /** Has the mesh be so; what becomes of it is to be waited for. */
  readonly change: (shop: Shop) => Promise<void>;
  /** Takes something away from somebody for a while. */
  readonly interrupt: (random: Chance) => Promise<void>;
  /** Whether a node's Envoy has begun a stream once more since it began. */
  readonly hasBegunAgain: (node: string) => boolean;
  /** What Envoys refused. */
  readonly rejections: () => readonly string[];
  /** Milliseconds by which anything may come later than the markers that are written after it. */
  readonly behind: number;
  /** Whether nothing is away by which that could be more. */
  readonly isSteady: () => boolean;
  /** Whether TLS of all nodes and callers is as it is written, and has come to them: it changes in steps, later than all else. */
  readonly hasTls: () => boolean;
  /** Other Envoys of the same nodes, which come now. */
  readonly another: (shop: Shop) => Promise<ChaosEnvoys>;
}

/** What Envoys have in the end is what others get that come now; what nobody needs any more leaves them within so many milliseconds. */
export async function differences(mesh: ChaosMesh, shop: Shop, within: number): Promise<readonly string[]> {
  const fresh = await mesh.another(shop);
  const found: string[] = [];
  try {
    const end = performance.now() + within;
    for (const [node, envoy] of mesh.envoys) {
      const other = fresh.envoys.get(node);
      let wrong: readonly string[];
      do {
        // it also loses what is about to leave
        const wanted = other === undefined ? new Map<string, string>() : await configurationOf(other);
        if (wanted.size === 0) throw new Error(`another Envoy of ${node} shows nothing that it has`);
        const has = await configurationOf(envoy);
        // secrets stay for as long as something drains that names them: ten minutes, of a listener
        const left = [...has.keys()].filter(
          (name) => !name.startsWith("secret ") && !(mesh.hasBegunAgain(node) && isForgotten(name, has)),
        );
        wrong = [...new Set([...left, ...wanted.keys()])]
          .filter((name) => has.get(name) !== wanted.get(name))
          .map(
            (name) => `${name} of ${node} is not what another gets: ${has.get(name)} instead of ${wanted.get(name)}`,
          );
        if (wrong.length > 0) await sleep(250);
      } while (wrong.length > 0 && performance.now() < end);
      found.push(...wrong);
    }
    return found;
  } finally {
    await fresh.stop();
  }
}

/**
 * What Envoy took of a response that it rejected for the rest, it does not list when it begins a stream again: a cluster that is not wanted by
 * then stays. Nobody calls it.
 */
function isForgotten(name: string, has: ReadonlyMap<string, string>): boolean {
  const cluster = /^(?:cluster|endpoint_config) (.*)$/.exec(name)?.[1];
  if (cluster === undefined) return false;
  const others = [...has].filter(([each]) => !each.startsWith("cluster ") && !each.startsWith("endpoint_config "));
  return others.every(([, text]) => !text.includes(JSON.stringify(cluster)));
}

/** Each dynamic resource of an Envoy as JSON, by its name. */
async function configurationOf(envoy: AdsEnvoy): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const [resource, field] of [
    ["dynamic_active_clusters", "cluster"],
    ["dynamic_listeners", "active_state"],
    ["dynamic_route_configs", "route_config"],
    ["dynamic_endpoint_configs", "endpoint_config"],
    ["dynamic_active_secrets", "secret"],
  ] as const) {
    const page = JSON.parse(await envoy.admin(`/config_dump?include_eds&resource=${resource}`)) as {
      configs?: Record<string, { name?: string; cluster_name?: string; listener?: { name: string } }>[];
    };
    for (const config of page.configs ?? []) {
      const one = config[field];
      const body = one?.listener ?? one;
      const name = body?.name ?? one?.cluster_name;
      // one that was rejected once is sent again with its folder spelled otherwise
      const text = JSON.stringify(body, (key, value: unknown) => (key === "watched_directory" ? undefined : value));
      if (body !== undefined && name !== undefined) found.set(`${field} ${name}`, asFirst(text));
    }
  }
  return found;
}
