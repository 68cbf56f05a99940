import { Command, Option } from "commander";
import type { CommandContext } from "./io.ts";

const HELP = `
Examples:
  outrigger version
  outrigger version --output json`;

/** `outrigger version`: one line for people, or JSON with what a bug report needs. */
export function versionCommand({ io, release }: CommandContext): Command {
  return new Command("version")
    .addOption(new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text"))
    .addHelpText("after", HELP)
    .action(({ output }: { output: string }) => {
      const facts = { version: release, node: process.versions.node, platform: `${process.platform}-${process.arch}` };
      io.stdout.write(output === "json" ? `${JSON.stringify(facts, null, 2)}\n` : `outrigger ${release}\n`);
    });
}
