import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { typed } from "../encode/typed.ts";
import {
  DestinationIPInputSchema,
  DestinationPortInputSchema,
  ServerNameInputSchema,
} from "../generated/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import type { Matcher, Matcher_OnMatchSchema, MatcherSchema } from "../generated/xds/type/matcher/v3/matcher_pb.js";
import { MatcherSchema as MATCHER } from "../generated/xds/type/matcher/v3/matcher_pb.js";

/*
 * How an egress listener finds the filter chain of a connection: by a tree of matches instead of the chains' own conditions. Those do
 * not go back where a later condition fails, and refuse two chains of equal conditions; and a tree may change without closing anything.
 */

type OnMatch = MessageInitShape<typeof Matcher_OnMatchSchema>;
type MatcherInit = MessageInitShape<typeof MatcherSchema>;

/** What is done for a port: by the address that was called, by the name that TLS asks for, else the chain of the whole port. */
export interface PortChains {
  /** Each address belongs to one chain. */
  readonly byAddress: ReadonlyMap<string, string>;
  /** A name's end, such as `.amazonaws.com`, and its chain. */
  readonly bySuffix: { readonly suffix: string; readonly chain: string } | undefined;
  /** Undefined: the connection is closed, or taken by `otherwise`. */
  readonly chain: string | undefined;
}

/** The tree: port → address → chain. `otherwise`: chain of ports that nobody named, and of connections that no chain of a port takes. */
export function chainMatcher(ports: ReadonlyMap<number, PortChains>, otherwise: string | undefined): Matcher {
  const entries = [...ports].flatMap(([port, chains]) => {
    const found = onPort(chains, otherwise);
    return found === undefined ? [] : [[String(port), found] as const];
  });
  const tree: MatcherInit = {
    matcherType: {
      case: "matcherTree",
      value: {
        input: input("port", DestinationPortInputSchema),
        treeType: { case: "exactMatchMap", value: { map: Object.fromEntries(entries) } },
      },
    },
    ...onNoMatch(otherwise),
  };
  return create(MATCHER, tree);
}

/** Undefined: nothing takes what goes to this port. */
function onPort({ byAddress, bySuffix, chain }: PortChains, otherwise: string | undefined): OnMatch | undefined {
  const rest = bySuffix === undefined ? undefined : nested(byName(bySuffix, chain ?? otherwise));
  const fallback = rest ?? action(chain ?? otherwise);
  if (byAddress.size === 0) return fallback;
  // Envoy writes addresses as the API server does: the shortest form, in small letters
  const map = Object.fromEntries([...byAddress].map(([address, name]) => [address, action(name) ?? {}]));
  return nested({
    matcherType: {
      case: "matcherTree",
      value: { input: input("address", DestinationIPInputSchema), treeType: { case: "exactMatchMap", value: { map } } },
    },
    ...(fallback !== undefined && { onNoMatch: fallback }),
  });
}

function byName({ suffix, chain }: { suffix: string; chain: string }, otherwise: string | undefined): MatcherInit {
  return {
    matcherType: {
      case: "matcherList",
      value: {
        matchers: [
          {
            predicate: {
              matchType: {
                case: "singlePredicate",
                value: {
                  input: input("server name", ServerNameInputSchema),
                  matcher: { case: "valueMatch", value: { matchPattern: { case: "suffix", value: suffix } } },
                },
              },
            },
            onMatch: action(chain) ?? {},
          },
        ],
      },
    },
    ...onNoMatch(otherwise),
  };
}

function nested(matcher: MatcherInit): OnMatch {
  return { onMatch: { case: "matcher", value: matcher } };
}

function action(chain: string | undefined): OnMatch | undefined {
  if (chain === undefined) return undefined;
  return {
    onMatch: { case: "action", value: { name: "chain", typedConfig: typed(StringValueSchema, { value: chain }) } },
  };
}

function onNoMatch(chain: string | undefined): { onNoMatch?: OnMatch } {
  const found = action(chain);
  return found === undefined ? {} : { onNoMatch: found };
}

function input(name: string, schema: DescMessage) {
  return { name, typedConfig: typed(schema) };
}
