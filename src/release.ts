import { readFileSync } from "node:fs";
import { packageFile } from "./package-file.ts";

/** Outrigger's version, as its package says. */
export const RELEASE: string = (JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { version: string })
  .version;
