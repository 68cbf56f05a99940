import { isDeepStrictEqual } from "node:util";
import type { Chance } from "./random.ts";
import { CALLERS, type Caller, type Shop, WITH_ENVOY } from "./shop.ts";
import type { ListenerTls, Policy, Tls } from "./tls.ts";

/**
 * Whether a caller reaches a node, whichever of these meshes' TLS each of both has by now. Who refuses a cluster may have the one that it had
 * when others go on.
 */
export function reach(meshes: readonly Shop[], by: Caller, node: string): boolean {
  if (!meshes.every((shop) => understand(shop, by, node))) return false;
  const [first, ...others] = meshes;
  const isOneWay = others.every((shop) => isDeepStrictEqual(wayOf(shop, by, node), first && wayOf(first, by, node)));
  return isOneWay || !meshes.some(({ refused }) => refused.includes(node));
}

function wayOf({ tls }: Shop, by: Caller, node: string): readonly unknown[] {
  return [tls.listeners[node], tls.policies[by]];
}

function understand({ tls }: Shop, by: Caller, node: string): boolean {
  const listener = tls.listeners[node] ?? { mode: "plain" };
  const written = tls.policies[by];
  const policy = written?.ports === "http" ? written : undefined;
  if (listener.mode === "plain") return policy?.enforce !== true;
  // without a policy nobody checks but what ACM signs
  const trusts = policy === undefined || policy.trusts === listener.certificate;
  return trusts && (listener.clients === "anybody" || policy?.shows === "certificate");
}

/** One edit: of a node, of one who calls, or of all, to what works. */
export function editedTls(shop: Shop, random: Chance): Shop {
  const { listeners, policies } = shop.tls;
  switch (random.pick(["listener", "listener", "policy", "policy", "all"])) {
    case "listener":
      return { ...shop, tls: { policies, listeners: { ...listeners, [random.pick(WITH_ENVOY)]: listener(random) } } };
    case "policy": {
      const by = random.pick(CALLERS);
      const { [by]: _, ...others } = policies;
      // the policy of a gateway is for its marker too, which has no TLS
      const next = random.next() < 0.8 && policy(random, by === "door" ? [false] : [false, false, true]);
      return { ...shop, tls: { listeners, policies: { ...others, ...(next && { [by]: next }) } } };
    }
    default:
      return { ...shop, tls: allOf(random) };
  }
}

/** Nodes and callers at once, as with `kubectl apply` of a folder: each understands each. */
function allOf(random: Chance): Tls {
  const by = random.pick(["file", "acm"] as const);
  const clients = random.pick(["anybody", "certified"] as const);
  const modes = WITH_ENVOY.map((name): [string, ListenerTls] => {
    const mode = random.pick(["plain", "PERMISSIVE", "STRICT"] as const);
    return [name, mode === "plain" ? { mode } : { mode, certificate: by, clients }];
  });
  const policy = { enforce: false, ports: "http", trusts: by, shows: "certificate" } as const;
  return { listeners: Object.fromEntries(modes), policies: { front: policy, side: policy, door: policy } };
}

function listener(random: Chance): ListenerTls {
  const mode = random.pick(["plain", "PERMISSIVE", "STRICT"] as const);
  if (mode === "plain") return { mode };
  const clients = random.pick(["anybody", "anybody", "certified"] as const);
  return { mode, certificate: random.pick(["file", "file", "acm"]), clients };
}

function policy(random: Chance, enforce: readonly boolean[]): Policy {
  return {
    enforce: random.pick(enforce),
    ports: random.pick(["http", "http", "none"]),
    trusts: random.pick(["file", "file", "acm"]),
    shows: random.pick(["nothing", "certificate"]),
  };
}
