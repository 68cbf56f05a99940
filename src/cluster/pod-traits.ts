import { hash } from "node:crypto";
import { isObject, type JsonObject, jsonIn, listOf, member, numberOf, objectsOf, stringOf } from "../model/json.ts";
import { APP_ADDRESS_KEY, PORTS, SDS_CLUSTER } from "../model/names.ts";
import { PLAIN_TRAITS, type ProxyTraits } from "../model/proxy-traits.ts";
import { RecentValues } from "../model/recent-values.ts";
import { tracingTraits } from "./tracing-traits.ts";

/** Linux' MAX_ARG_STRLEN: no Envoy starts with a longer argument, so nobody has one. */
const LONGEST_ARGUMENT = 131_072;

/** By the hash of the argument: the pods of one Deployment have the same, and reading one takes several times as long as hashing it. */
const READ = new RecentValues<ProxyTraits>();
/** By what they are: thousands of pods with different arguments have the same few traits. */
const SAME = new RecentValues<ProxyTraits>();

/**
 * What the pod says of its proxy: in the node's metadata of the bootstrap that the container `envoy` is started with, as
 * `src/bootstrap/node.ts` writes it, and where its app is by an annotation. A pod's arguments cannot change. Anything else than expected
 * counts as not said.
 */
export function podTraits(pod: JsonObject): ProxyTraits {
  const traits = ofBootstrap(pod);
  const isAtPod = member(member(member(pod, "metadata"), "annotations"), APP_ADDRESS_KEY) === "pod";
  return isAtPod ? shared({ ...traits, appAddress: "pod" }) : traits;
}

function ofBootstrap(pod: JsonObject): ProxyTraits {
  const argument = bootstrapOf(pod);
  if (argument === undefined) return PLAIN_TRAITS;
  return READ.get(hash("sha256", argument, "base64url"), () => shared(traitsIn(argument)), noText);
}

/** Port of its Envoy's admin interface, which listens on loopback: by its bootstrap, else the usual one. */
export function adminPortOf(pod: JsonObject): number {
  const argument = bootstrapOf(pod);
  const bootstrap = argument === undefined ? undefined : jsonIn(argument.replaceAll("$$", "$"));
  const address = member(member(member(bootstrap, "admin"), "address"), "socket_address");
  return numberOf(member(address, "port_value")) ?? PORTS.admin;
}

/** The argument of `--config-yaml`. */
function bootstrapOf(pod: JsonObject): string | undefined {
  const spec = member(pod, "spec");
  const containers = [...objectsOf(member(spec, "initContainers")), ...objectsOf(member(spec, "containers"))];
  const args = listOf(containers.find((container) => container["name"] === "envoy")?.["args"]);
  const flag = args.indexOf("--config-yaml");
  const argument = flag === -1 ? undefined : stringOf(args[flag + 1]);
  return argument !== undefined && argument.length <= LONGEST_ARGUMENT ? argument : undefined;
}

/** Places that the kubelet fills in are still texts here, like `$(NAME)`; a dollar of anything else is doubled. */
function traitsIn(argument: string): ProxyTraits {
  const bootstrap = jsonIn(argument.replaceAll("$$", "$"));
  const metadata = member(member(member(bootstrap, "node"), "metadata"), "outrigger");
  if (!isObject(metadata)) return PLAIN_TRAITS;
  return {
    ipv6: metadata["ipv6"] === true,
    directions: metadata["directions"] === "separate" ? "separate" : "shared",
    tracing: tracingTraits(metadata["tracing"]),
    // no part of the bootstrap, by whose text this is kept
    appAddress: "loopback",
    leaving: false,
    sdsSocket: objectsOf(member(member(bootstrap, "static_resources"), "clusters")).some(
      ({ name }) => name === SDS_CLUSTER,
    ),
  };
}

function shared(traits: ProxyTraits): ProxyTraits {
  return SAME.get(JSON.stringify(traits), () => traits, noText);
}

/** Traits are small beside their keys. */
function noText(): number {
  return 0;
}
