import type { DocumentOptions, ParseOptions, SchemaOptions, Tags } from "yaml";

/**
 * YAML as kubectl and the API server read it (sigs.k8s.io/yaml on go-yaml v2): the words of YAML 1.1
 * (`yes`, `on`, `0777`, `1_000`, `<<`), but times and base-60 numbers stay text.
 */
export const KUBERNETES_YAML: ParseOptions & DocumentOptions & SchemaOptions = {
  version: "1.1",
  schema: "yaml-1.1",
  merge: true,
  customTags: withoutTimes,
  // 9007199254740993 must not come out as 9007199254740992
  intAsBigInt: true,
  keepSourceTokens: true,
  prettyErrors: false,
  logLevel: "silent",
};

const NOT_IN_GO = new Set(["timestamp", "binary", "omap", "pairs", "set"].map((name) => `tag:yaml.org,2002:${name}`));

function withoutTimes(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === "string" || (!NOT_IN_GO.has(tag.tag) && tag.format !== "TIME"));
}
