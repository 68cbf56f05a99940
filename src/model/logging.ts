import { z } from "zod";
import { text } from "./field-types.ts";

export const logging = z
  .object({
    accessLog: z
      .object({
        file: z
          .object({
            format: z
              .object({
                json: z
                  .array(
                    z.object({
                      key: text(1).describe("Key in the log."),
                      value: text(1).describe("Its value, with Envoy's command operators."),
                    }),
                  )
                  .describe("One JSON object a line.")
                  .optional(),
                text: z.string().describe("A line, with Envoy's command operators.").optional(),
              })
              .describe("Absent: Envoy's own format.")
              .optional(),
            path: text(1, 255).describe(
              "`/dev/stdout` or `/dev/stderr`: nothing else can be written in the container of Envoy.",
            ),
          })
          .describe("A file.")
          .optional(),
      })
      .describe("The log of requests and connections.")
      .optional(),
  })
  .describe("What Envoy logs.");
export type Logging = z.output<typeof logging>;
