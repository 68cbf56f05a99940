import { type Json, type JsonObject, member, objectOf } from "../model/json.ts";
import {
  APPMESH_PREFIX,
  INIT_CONTAINERS_KEY,
  OUTRIGGER_PREFIX,
  RECORD_KEY,
  STOP_DELAY_KEY,
  TOKEN_SDS_KEY,
  TRUST_KEY,
  TRUST_SDS_KEY,
} from "../model/names.ts";
import { type Nearness, nearest } from "../model/nearest.ts";
import { withoutBlanks } from "../model/trim.ts";
import { ANNOTATIONS, type AnnotationSpec, annotationSpec, CNI_OUTPUT_KEYS } from "./annotation-table.ts";
import type { EnvEntry, InitContainersPlace, MountEntry, PortRange } from "./decision.ts";
import {
  clip,
  type Parsed,
  parseAddresses,
  parseEnv,
  parseEnvJson,
  parseIgnoredPorts,
  parseMounts,
  parsePorts,
  parseResource,
  parseResourceName,
  parseSeconds,
} from "./values.ts";

/** What a pod's annotations say, read by the one table; absent annotations are undefined. */
export interface PodAnnotations {
  readonly injection: "enabled" | "disabled" | undefined;
  readonly mesh: string | undefined;
  readonly virtualNode: string | undefined;
  readonly ports: readonly PortRange[] | undefined;
  readonly egressIgnoredPorts: readonly PortRange[] | undefined;
  readonly egressIgnoredIps: readonly string[] | undefined;
  readonly cpuRequest: string | undefined;
  readonly memoryRequest: string | undefined;
  readonly cpuLimit: string | undefined;
  readonly memoryLimit: string | undefined;
  readonly preview: boolean | undefined;
  readonly cni: boolean | undefined;
  readonly secretMounts: readonly MountEntry[];
  readonly volumeMounts: readonly MountEntry[];
  readonly env: readonly EnvEntry[];
  readonly sds: boolean | undefined;
  readonly ipv6: boolean | undefined;
  readonly keepGatewayImage: boolean;
  readonly xrayConfigMount: MountEntry | undefined;
  readonly stopDelaySeconds: number | undefined;
  readonly initContainers: InitContainersPlace | undefined;
}

export interface AnnotationReading {
  readonly values: PodAnnotations;
  readonly warnings: readonly string[];
  /** Sentences that each name key, value, position and expected form; not empty means that the pod is denied. */
  readonly problems: readonly string[];
  /** Keys that only Outrigger may write and that are there without a record. */
  readonly reserved: readonly string[];
}

/** Unknown keys that are named one by one; a pod may have thousands. */
const NAMED_UNKNOWN_KEYS = 8;
/** No slip of an annotation's name, or of its word, is longer or further off. */
const SLIP: Nearness = { longest: 64, oneIn: 3, always: 2 };
/** Annotations that hold environment values, which may be secret: a denial's message ends up in events. */
const SECRET_KEYS: readonly string[] = ["sidecarEnv", "sidecarEnvJson"];
const WRITTEN_BY_US: readonly string[] = [RECORD_KEY, TRUST_KEY, TRUST_SDS_KEY, TOKEN_SDS_KEY];
const KNOWN_KEYS: readonly string[] = [...ANNOTATIONS.map((spec) => spec.key), ...CNI_OUTPUT_KEYS, ...WRITTEN_BY_US];

/** Reads the annotations of a raw pod that has not been injected. */
export function readAnnotations(pod: JsonObject): AnnotationReading {
  const reader = new AnnotationReader(objectOf(member(member(pod, "metadata"), "annotations")));
  const values: PodAnnotations = {
    injection: reader.word("sidecarInjectorWebhook", { enabled: "enabled", disabled: "disabled" }),
    mesh: reader.parsed("mesh", parseResourceName),
    virtualNode: reader.parsed("virtualNode", parseResourceName),
    ports: reader.parsed("ports", parsePorts),
    egressIgnoredPorts: reader.parsed("egressIgnoredPorts", parseIgnoredPorts),
    egressIgnoredIps: reader.parsed("egressIgnoredIPs", parseAddresses),
    cpuRequest: reader.parsed("cpuRequest", parseResource),
    memoryRequest: reader.parsed("memoryRequest", parseResource),
    cpuLimit: reader.parsed("cpuLimit", parseResource),
    memoryLimit: reader.parsed("memoryLimit", parseResource),
    preview: reader.word("preview", { true: true, enabled: true, false: false, disabled: false }, false),
    cni: reader.word("appmeshCNI", { enabled: true, disabled: false }, false),
    secretMounts: reader.parsed("secretMounts", (text) => parseMounts(text, "secret")) ?? [],
    volumeMounts: reader.parsed("volumeMounts", (text) => parseMounts(text, "volume")) ?? [],
    env: mergeEnv(reader.parsed("sidecarEnv", parseEnv) ?? [], reader.parsed("sidecarEnvJson", parseEnvJson) ?? []),
    sds: reader.word("sds", { enabled: true, disabled: false }),
    ipv6: reader.word("ipv6", { enabled: true, disabled: false }),
    keepGatewayImage: reader.word("virtualGatewaySkipImageOverride", { enabled: true, disabled: false }) ?? false,
    xrayConfigMount: reader.parsed("xrayAgentConfigMount", parseOneMount)?.[0],
    stopDelaySeconds: reader.parsed(STOP_DELAY_KEY, parseSeconds),
    initContainers: reader.word(INIT_CONTAINERS_KEY, { inside: "inside", outside: "outside" }),
  };
  return { values, ...reader.rest() };
}

/** Rows of App Mesh's annotations by their names without the prefix: made once, for every pod asks for all of them. */
const APPMESH_SPECS = new Map(ANNOTATIONS.map((spec) => [spec.key.replace(APPMESH_PREFIX, ""), spec]));

function specOf(name: string): AnnotationSpec {
  return APPMESH_SPECS.get(name) ?? annotationSpec(name);
}

/** Reads one annotation after the other and collects what there is to say about them. */
class AnnotationReader {
  readonly #annotations: JsonObject;
  readonly #warnings: string[] = [];
  readonly #problems: string[] = [];

  constructor(annotations: JsonObject) {
    this.#annotations = annotations;
  }

  /** One of some words, whatever their case; `otherwise` is what any other text counts as. */
  word<T>(name: string, words: Readonly<Record<string, T>>, otherwise?: T): T | undefined {
    const spec = specOf(name);
    const text = this.#text(spec);
    if (text === undefined) return undefined;
    const word = text.toLowerCase();
    if (Object.hasOwn(words, word)) return words[word];
    const found = text === "" ? "is empty" : `is "${clip(text)}"`;
    const near = nearest(text, Object.keys(words), SLIP);
    this.#warnings.push(`${spec.key} ${found}, expected ${spec.form}${near ? ` (${near}?)` : ""}: ${spec.otherwise}`);
    return otherwise;
  }

  parsed<T>(name: string, parse: (text: string) => Parsed<T>): T | undefined {
    const spec = specOf(name);
    const text = this.#text(spec);
    if (text === undefined) return undefined;
    if (text === "" && spec.empty !== "accept") {
      const found = `${spec.key} is empty, expected ${spec.form}, for example "${spec.example}"`;
      if (spec.empty === "deny") this.#problems.push(`${found}; set a value or remove the annotation`);
      else this.#warnings.push(`${found}: ${spec.otherwise}`);
      return undefined;
    }
    const result = parse(text);
    if (result.ok) return result.value;
    const value = SECRET_KEYS.includes(name) ? "" : ` = "${clip(text)}"`;
    this.#problems.push(
      `${spec.key}${value}: ${result.problem}; the form is ${spec.form}, for example "${spec.example}"`,
    );
    return undefined;
  }

  rest(): Pick<AnnotationReading, "warnings" | "problems" | "reserved"> {
    const reserved = WRITTEN_BY_US.filter((key) => Object.hasOwn(this.#annotations, key));
    const unknown = Object.keys(this.#annotations).filter(
      (key) => (key.startsWith(APPMESH_PREFIX) || key.startsWith(OUTRIGGER_PREFIX)) && !KNOWN_KEYS.includes(key),
    );
    for (const key of unknown.slice(0, NAMED_UNKNOWN_KEYS)) {
      const names = KNOWN_KEYS.map((known) => known.slice(known.indexOf("/") + 1));
      const near = nearest(key.slice(key.indexOf("/") + 1), names, SLIP);
      const meant = KNOWN_KEYS.find((known) => near !== undefined && known.endsWith(`/${near}`));
      this.#warnings.push(
        `annotation ${clip(key)} is not known and has no effect${meant ? `; did you mean ${meant}?` : ""}`,
      );
    }
    if (unknown.length > NAMED_UNKNOWN_KEYS) {
      this.#warnings.push(`${unknown.length - NAMED_UNKNOWN_KEYS} more annotations are not known and have no effect`);
    }
    return { warnings: this.#warnings, problems: this.#problems, reserved };
  }

  /** The value without the blanks around it: no annotation of ours is one in which they could mean anything. */
  #text(spec: AnnotationSpec): string | undefined {
    if (!Object.hasOwn(this.#annotations, spec.key)) return undefined;
    const value = this.#annotations[spec.key];
    if (typeof value === "string") return withoutBlanks(value);
    this.#problems.push(
      `${spec.key} is ${sortOf(value ?? null)}, but annotations are strings: write it in quotes, for example "${spec.example}"`,
    );
    return undefined;
  }
}

function sortOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function parseOneMount(text: string): Parsed<readonly MountEntry[]> {
  if (text.includes(",")) return { ok: false, problem: "it lists several, but only one volume:path is possible" };
  return parseMounts(text, "volume");
}

/** The JSON form wins over the plain one. */
function mergeEnv(plain: readonly EnvEntry[], json: readonly EnvEntry[]): readonly EnvEntry[] {
  const byName = new Map([...plain, ...json].map((entry) => [entry.name, entry]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
