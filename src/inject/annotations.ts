import { type Json, type JsonObject, member, objectOf } from "../model/json.ts";
import {
  APPMESH_PREFIX,
  OUTRIGGER_PREFIX,
  RECORD_KEY,
  TOKEN_SDS_KEY,
  TRUST_KEY,
  TRUST_SDS_KEY,
} from "../model/names.ts";
import { type Nearness, nearest } from "../model/nearest.ts";
import { withoutBlanks } from "../model/trim.ts";
import {
  ANNOTATION_TABLE,
  ANNOTATIONS,
  type Annotation,
  CNI_OUTPUT_KEYS,
  type Text,
  type Words,
} from "./annotation-table.ts";
import type { EnvEntry } from "./decision.ts";
import { clip } from "./values.ts";

type Table = typeof ANNOTATION_TABLE;
type Values = { readonly [Name in keyof Table]: Table[Name] extends Annotation<infer T> ? T | undefined : never };
type Lists = "secretMounts" | "volumeMounts";

/** What a pod's annotations say, read by the one table; absent annotations are undefined, absent lists empty. */
export type PodAnnotations = Omit<Values, Lists | "sidecarEnv" | "sidecarEnvJson" | "keepGatewayImage"> & {
  readonly [List in Lists]: NonNullable<Values[List]>;
} & {
  /** Of both forms, sorted by name. */
  readonly env: readonly EnvEntry[];
  readonly keepGatewayImage: boolean;
};

export interface AnnotationReading {
  readonly values: PodAnnotations;
  readonly warnings: readonly string[];
  /** Sentences that each name key, value, position and expected form; not empty means that the pod is denied. */
  readonly problems: readonly string[];
  /** Keys that only Outrigger may write and that are there without a record. */
  readonly reserved: readonly string[];
}

/** By the name of the value. */
const BY_NAME: readonly (readonly [string, Annotation<unknown>])[] = Object.entries(ANNOTATION_TABLE);
/** Unknown keys that are named one by one; a pod may have thousands. */
const NAMED_UNKNOWN_KEYS = 8;
/** No slip of an annotation's name, or of its word, is longer or further off. */
const SLIP: Nearness = { longest: 64, oneIn: 3, always: 2 };
const WRITTEN_BY_US: readonly string[] = [RECORD_KEY, TRUST_KEY, TRUST_SDS_KEY, TOKEN_SDS_KEY];
const KNOWN_KEYS: readonly string[] = [...ANNOTATIONS.map(({ key }) => key), ...CNI_OUTPUT_KEYS, ...WRITTEN_BY_US];

/** Reads the annotations of a raw pod that has not been injected. */
export function readAnnotations(pod: JsonObject): AnnotationReading {
  const reader = new AnnotationReader(objectOf(member(member(pod, "metadata"), "annotations")));
  const read = BY_NAME.map(([name, annotation]) => [name, reader.read(annotation)]);
  const { sidecarEnv, sidecarEnvJson, ...values } = Object.fromEntries(read) as Values;
  return {
    values: {
      ...values,
      secretMounts: values.secretMounts ?? [],
      volumeMounts: values.volumeMounts ?? [],
      env: mergeEnv(sidecarEnv ?? [], sidecarEnvJson ?? []),
      keepGatewayImage: values.keepGatewayImage ?? false,
    },
    ...reader.rest(),
  };
}

/** Reads one annotation after the other and collects what there is to say about them. */
class AnnotationReader {
  readonly #annotations: JsonObject;
  readonly #warnings: string[] = [];
  readonly #problems: string[] = [];

  constructor(annotations: JsonObject) {
    this.#annotations = annotations;
  }

  /** The value of one annotation; undefined when the pod has none, or none that can be used. */
  read<T>(annotation: Annotation<T>): T | undefined {
    const text = this.#text(annotation);
    if (text === undefined) return undefined;
    const { value } = annotation;
    return value.kind === "words" ? this.#word(annotation, value, text) : this.#parsed(annotation, value, text);
  }

  #word<T>({ key, form, otherwise }: Annotation<T>, { words, counts }: Words<T>, text: string): T | undefined {
    const word = text.toLowerCase();
    if (Object.hasOwn(words, word)) return words[word];
    const found = text === "" ? "is empty" : `is "${clip(text)}"`;
    const near = nearest(text, Object.keys(words), SLIP);
    this.#warnings.push(`${key} ${found}, expected ${form}${near ? ` (${near}?)` : ""}: ${otherwise}`);
    return counts;
  }

  #parsed<T>(annotation: Annotation<T>, { parse }: Text<T>, text: string): T | undefined {
    const { key, form, example, empty, otherwise, secret } = annotation;
    if (text === "" && empty !== "accept") {
      const found = `${key} is empty, expected ${form}, for example "${example}"`;
      if (empty === "deny") this.#problems.push(`${found}; set a value or remove the annotation`);
      else this.#warnings.push(`${found}: ${otherwise}`);
      return undefined;
    }
    const result = parse(text);
    if (result.ok) return result.value;
    const value = secret ? "" : ` = "${clip(text)}"`;
    this.#problems.push(`${key}${value}: ${result.problem}; the form is ${form}, for example "${example}"`);
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
  #text({ key, example }: Annotation<unknown>): string | undefined {
    if (!Object.hasOwn(this.#annotations, key)) return undefined;
    const value = this.#annotations[key];
    if (typeof value === "string") return withoutBlanks(value);
    this.#problems.push(
      `${key} is ${sortOf(value ?? null)}, but annotations are strings: write it in quotes, for example "${example}"`,
    );
    return undefined;
  }
}

function sortOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The JSON form wins over the plain one. */
function mergeEnv(plain: readonly EnvEntry[], json: readonly EnvEntry[]): readonly EnvEntry[] {
  const byName = new Map([...plain, ...json].map((entry) => [entry.name, entry]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
