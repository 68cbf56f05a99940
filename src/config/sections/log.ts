import { z } from "zod";
import { group, setting } from "../setting.ts";

/** Outrigger's own log. */
export const log = group({
  level: setting(
    z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
    "log level of Outrigger itself",
  ),
});
