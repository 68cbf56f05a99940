import { stringify } from "yaml";
import type { Acknowledged } from "../../../../src/control-plane/proxies/step-holding.ts";
import { TlsChanges } from "../../../../src/control-plane/proxies/tls-changes.ts";
import { keyOf } from "../../../../src/model/mesh-object.ts";
import { secretName } from "../../../../src/xds/translate/secrets.ts";
import { acmCertificates } from "../acm-certificates.ts";
import { type Places, type Sidecars, sidecars } from "../sidecars.ts";
import type { ChaosEnvoys, ChaosMesh } from "./chaos-mesh.ts";
import { objectsOf } from "./objects.ts";
import { placesOf } from "./places.ts";
import { CALLERS, type Ports, type Shop, WITH_ENVOY } from "./shop.ts";

const NODES = [...CALLERS, ...WITH_ENVOY];
/** Milliseconds by which some are behind the others: a caller, a gateway, and one that is called. */
const LATE = { side: 300, door: 150, "node-1": 400 };
/** Keys of the views that have an Envoy, with their names. */
const VIEWS = new Map(
  NODES.map((name) => {
    const kind = name === "door" ? "VirtualGateway" : "VirtualNode";
    return [keyOf({ kind, namespace: "shop", name }), name];
  }),
);

/** A mesh without a cluster: each Envoy has an xDS server of the product's with what its node gets, computed from nothing for each change. */
export async function servedMesh(shop: Shop, ports: Ports): Promise<ChaosMesh> {
  const stopped = new AbortController();
  let served: Sidecars | undefined;
  const refresh = (view: string): void => {
    const name = VIEWS.get(view);
    if (name !== undefined && !stopped.signal.aborted) void served?.refresh(name);
  };
  const { secretsOf } = await acmCertificates({ changed: refresh, signal: stopped.signal });
  const tlsChanges = tlsChangesOf(refresh, () => served, stopped.signal);
  const places = (which: "first" | "second"): Places => ({ ...placesOf(ports, which), secretsOf });
  const started = await sidecars(manifestOf(shop), { ...places("first"), late: LATE, tlsChanges });
  served = started;
  const restarted = new Set<string>();
  return {
    envoys: envoysOf(started),
    async stop() {
      stopped.abort();
      await started.stop();
    },
    change: async (next) => await started.change(manifestOf(next)),
    async interrupt(random) {
      const node = random.pick(NODES);
      restarted.add(node);
      await started.restart(node);
    },
    hasBegunAgain: (node) => restarted.has(node),
    rejections: started.rejections,
    behind: 0,
    isSteady: () => true,
    hasTls: () => tlsChanges.size === 0 && NODES.every((name) => started.hasAnswered(name)),
    async another(now) {
      const others = await sidecars(manifestOf(now), places("second"));
      return { envoys: envoysOf(others), stop: others.stop };
    },
  };
}

/** TLS changes in steps, as in a control plane; it waits for an Envoy that is between two streams, too. */
function tlsChangesOf(
  changed: (view: string) => void,
  served: () => Sidecars | undefined,
  signal: AbortSignal,
): TlsChanges {
  const silent = (): void => undefined;
  const acknowledged: Acknowledged = (view, sources) => {
    const name = VIEWS.get(view);
    if (name === undefined) return "nobody";
    return served()?.has(name, sources.map(secretName)) === true ? "all" : "some";
  };
  return new TlsChanges({
    changed,
    acknowledging: () => acknowledged,
    others: () => () => true,
    said: silent,
    // all of what is written is taken at once
    written: () => undefined,
    unheard: silent,
    isUpToDate: () => true,
    late: silent,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    now: () => performance.now(),
    later: (milliseconds, look) => void setTimeout(() => signal.aborted || look(), milliseconds),
    limits: { gathered: 100, look: 50 },
  });
}

function envoysOf({ envoy }: Sidecars): ChaosEnvoys["envoys"] {
  return new Map(NODES.map((node) => [node, envoy(node)]));
}

function manifestOf(shop: Shop): string {
  return objectsOf(shop)
    .map((each) => stringify(each, { aliasDuplicateObjects: false }))
    .join("---\n");
}
