import { z } from "zod";
import { conditions, hasOneOf, type Widened } from "./conditions.ts";
import { integer, text } from "./field-types.ts";

/* What requests are matched by, the same in routes and gateway routes. */

const word = text(1, 255);

const MORE = "the route takes more than is written";
const ANY = "being there is enough, and the route takes every request that has it, whatever the value";

/** Fields of a route's `match`: each that is left out lets more through. */
export const everyRequest = conditions(({ object, key }) =>
  // all that a route of gRPC or TCP could mean by it, and what many manifests have
  key === "prefix" && object.prefix === "/" ? undefined : MORE,
);
const VALUES = ["exact", "prefix", "range", "regex", "suffix"];
const anyValue: Widened = ({ object }) => (hasOneOf(object, VALUES) ? MORE : ANY);
const named: Widened = ({ object }) => {
  if (object.match !== undefined) return MORE;
  return object.invert === true ? "the route takes no request that has it, whatever the value" : ANY;
};

const valueMatch = z
  .object({
    exact: word.describe("The whole value.").optional(),
    prefix: word.describe("Its beginning.").optional(),
    range: z
      .object({ end: integer().describe("Last number, not included."), start: integer().describe("First number.") })
      .describe("A number within a range.")
      .optional(),
    regex: word.describe("A regular expression (RE2) for the whole value.").optional(),
    suffix: word.describe("Its end.").optional(),
  })
  .meta(conditions(anyValue))
  .describe("One of the five; absent: being there is enough.");

function namedValue(what: string) {
  return z
    .object({
      invert: z.boolean().describe("Match when the rest does not.").optional(),
      match: valueMatch.optional(),
      name: text(1, 50).describe(`Name of the ${what}.`),
    })
    .meta(conditions(named));
}

export const headers = z.array(namedValue("header")).min(1).max(10).describe("Headers that must all match.");
export const metadata = z.array(namedValue("metadata")).min(1).max(10).describe("Metadata that must all match.");
export const queryParameters = z
  .array(
    z
      .object({
        match: z
          .object({ exact: z.string().describe("The whole value.").optional() })
          .meta(conditions(anyValue))
          .describe("Absent: being there is enough.")
          .optional(),
        name: z.string().describe("Name of the parameter."),
      })
      .meta(conditions(named)),
  )
  .min(1)
  .max(10)
  .describe("Query parameters that must all match.");
export const method = z
  .enum(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"])
  .describe("The method.");
export const prefix = z.string().describe("Beginning of the path.");
/** Exactly one of the two; `rules` of the field says so where App Mesh did. */
export const path = z
  .object({
    exact: word.describe("The whole path.").optional(),
    regex: word.describe("A regular expression (RE2) for the whole path.").optional(),
  })
  .describe("The path; one of the two.");
export const hostname = z
  .object({
    exact: text(1, 253).describe("The whole name.").optional(),
    suffix: text(1, 253).describe("Its end.").optional(),
  })
  .describe("The host name that the client asked for; one of the two.");
