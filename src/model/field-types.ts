import { z } from "zod";
import { conditions, type Widened } from "./conditions.ts";
import { isObject } from "./json.ts";
import type { ChangeRule } from "./rules.ts";

/*
 * The types that fields of App Mesh resources have, as zod schemas. Each accepts exactly what the API server accepts with the
 * CustomResourceDefinition that is made from it (`structural-schema.ts`), so that nothing that is stored fails to parse.
 */

/** A text; its length counts characters as the API server does, not UTF-16 units. */
export function text(minimum = 0, maximum = Number.POSITIVE_INFINITY) {
  const bounds = {
    ...(minimum > 0 && { minLength: minimum }),
    ...(maximum !== Number.POSITIVE_INFINITY && { maxLength: maximum }),
  };
  const expected =
    maximum === Number.POSITIVE_INFINITY ? `at least ${minimum} characters` : `${minimum} to ${maximum} characters`;
  return z
    .string()
    .refine((value) => hasLength(value, minimum, maximum), `expected ${expected}`)
    .meta(bounds);
}

function hasLength(value: string, minimum: number, maximum: number): boolean {
  if (value.length >= minimum * 2 && value.length <= maximum) return true;
  const characters = Array.from(value).length;
  return characters >= minimum && characters <= maximum;
}

/** A whole number. Beyond 2⁵³ it is rounded, as JSON is read here; the API server keeps 64 bits. */
export function integer(minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY) {
  const expected = Number.isFinite(maximum)
    ? `expected a whole number from ${minimum} to ${maximum}`
    : Number.isFinite(minimum)
      ? `expected a whole number of at least ${minimum}`
      : "expected a whole number";
  return z
    .number()
    .refine((value) => Number.isInteger(value) && value >= minimum && value <= maximum, expected)
    .meta({
      type: "integer",
      format: "int64",
      ...(Number.isFinite(minimum) && { minimum }),
      ...(Number.isFinite(maximum) && { maximum }),
    });
}

export const port = integer(1, 65_535);
/** A port as a target or a match names it: the CRDs never had an upper bound here. */
export const loosePort = integer(0);

export const duration = z
  .object({
    unit: z.enum(["s", "ms"]).describe("Unit of the value."),
    value: integer(0).describe("How many; 0 turns a time-out off."),
  })
  .describe("A length of time.");

/** A length of time in milliseconds. */
export function milliseconds({ unit, value }: z.output<typeof duration>): number {
  return unit === "s" ? value * 1000 : value;
}

/** Reference to an object of a kind that the field decides, by its name in Kubernetes. */
export function reference(kind: string) {
  return z
    .object({
      name: z.string().describe(`Name of the ${kind} object.`),
      namespace: z.string().describe("Its namespace; absent: that of the object that refers to it.").optional(),
    })
    .describe(`The ${kind} by its name in Kubernetes.`);
}

export const meshReference = z
  .object({ name: z.string().describe("Name of the Mesh object."), uid: z.string().describe("Its UID.") })
  .describe("The mesh that the object belongs to. Written by Outrigger; leave it out.");

export const awsName = (standard: string) =>
  z.string().describe(`Name in App Mesh; absent or empty: \`${standard}\`. It cannot be changed.`).optional();

/** The rule for names that cannot change; leaving the field out is not a change (what was there counts on). */
export const KEEPS_AWS_NAME: ChangeRule = {
  rule: "!has(self.awsName) || !has(oldSelf.awsName) || oldSelf.awsName == '' || self.awsName == '' || self.awsName == oldSelf.awsName",
  message: "awsName cannot be changed: delete the object and create it again under its new name",
};

/** A list that is replaced as a whole by whoever applies it. */
export function atomic<T extends z.ZodType>(of: T) {
  return z.array(of).meta({ "x-kubernetes-list-type": "atomic" });
}

/** A selector without conditions selects all that there is. */
const everything: Widened = ({ object, holder }) => {
  const { matchLabels, matchExpressions } = object;
  const isEmpty =
    !(isObject(matchLabels) && Object.keys(matchLabels).length > 0) &&
    !(Array.isArray(matchExpressions) && matchExpressions.length > 0);
  return isEmpty
    ? `the selector is empty and selects ${SELECTED[holder] ?? "everything"}`
    : "the selector selects more than is written";
};
const SELECTED: Readonly<Record<string, string>> = {
  podSelector: "every pod of the namespace",
  namespaceSelector: "every namespace",
  gatewayRouteSelector: "every GatewayRoute",
};

export const labelSelector = z
  .object({
    matchExpressions: atomic(
      z.object({
        key: z.string().describe("Key of a label."),
        operator: z.string().describe("`In`, `NotIn`, `Exists` or `DoesNotExist`."),
        values: atomic(z.string()).describe("For `In` and `NotIn`.").optional(),
      }),
    )
      .describe("Conditions that must all hold.")
      .optional(),
    matchLabels: z.record(z.string(), z.string()).describe("Labels that must all be there.").optional(),
  })
  .meta(conditions(everything))
  .meta({ "x-kubernetes-map-type": "atomic" });

export const IP_PREFERENCES = ["IPv6_ONLY", "IPv4_ONLY", "IPv6_PREFERRED", "IPv4_PREFERRED"] as const;
export const ipPreference = z.enum(IP_PREFERENCES).describe("IP family of endpoints.");
export type IpPreference = z.output<typeof ipPreference>;

export const PROTOCOLS = ["grpc", "http", "http2", "tcp"] as const;
export const GATEWAY_PROTOCOLS = ["grpc", "http", "http2"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Port and protocol of a listener. */
export function portMapping<const P extends readonly [string, ...string[]]>(protocols: P) {
  return z
    .object({ port: port.describe("Port of the listener."), protocol: z.enum(protocols).describe("Its protocol.") })
    .describe("Where the listener listens.");
}
