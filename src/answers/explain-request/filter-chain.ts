import { fromBinary } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import {
  DestinationIPInputSchema,
  DestinationPortInputSchema,
  ServerNameInputSchema,
} from "../../xds/generated/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import type { Matcher, Matcher_OnMatch } from "../../xds/generated/xds/type/matcher/v3/matcher_pb.js";

/** A connection as a listener sees it. */
export interface Connection {
  readonly port: number;
  /** Where it goes; undefined: not known. */
  readonly address: string | undefined;
  /** The name that TLS asks for; empty: it is no TLS, or asks for none. */
  readonly serverName: string;
}

/** Name of the filter chain that a listener's matcher chooses; undefined: the connection is closed. */
export function chainNameOf(matcher: Matcher, connection: Connection): string | undefined {
  const taken = onMatchOf(matcher, connection) ?? matcher.onNoMatch;
  return taken && chainOf(taken, connection);
}

function chainOf({ onMatch }: Matcher_OnMatch, connection: Connection): string | undefined {
  switch (onMatch.case) {
    case "matcher":
      return chainNameOf(onMatch.value, connection);
    case "action":
      return fromBinary(StringValueSchema, onMatch.value.typedConfig?.value ?? new Uint8Array()).value;
    default:
      return undefined;
  }
}

function onMatchOf({ matcherType }: Matcher, connection: Connection): Matcher_OnMatch | undefined {
  switch (matcherType.case) {
    case "matcherTree": {
      const { input, treeType } = matcherType.value;
      const value = inputOf(input?.typedConfig?.typeUrl, connection);
      return treeType.case === "exactMatchMap" && value !== undefined ? treeType.value.map[value] : undefined;
    }
    case "matcherList":
      return matcherType.value.matchers.find(({ predicate }) => {
        const type = predicate?.matchType;
        if (type?.case !== "singlePredicate" || type.value.matcher.case !== "valueMatch") return false;
        const { matchPattern } = type.value.matcher.value;
        const value = inputOf(type.value.input?.typedConfig?.typeUrl, connection);
        return matchPattern.case === "suffix" && value?.endsWith(matchPattern.value) === true;
      })?.onMatch;
    default:
      return undefined;
  }
}

function inputOf(typeUrl: string | undefined, { port, address, serverName }: Connection): string | undefined {
  switch (typeUrl?.split("/").at(-1)) {
    case DestinationPortInputSchema.typeName:
      return String(port);
    case DestinationIPInputSchema.typeName:
      return address;
    case ServerNameInputSchema.typeName:
      return serverName === "" ? undefined : serverName;
    default:
      return undefined;
  }
}
