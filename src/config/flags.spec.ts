import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addConfigurationFlags, configurationFlags } from "./flags.ts";
import { FORMER_FLAGS } from "./former/names.ts";
import type { Section } from "./sources.ts";
import { SETTINGS } from "./sources.ts";

interface Parsed {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** Parses words with a command as the program has it: below another one, with options and arguments of its own. */
function parse(...words: string[]): Parsed {
  const command = new Command("inject")
    .option("-f, --file <file...>", "")
    .option("--trust <file>", "")
    .argument("[words...]");
  addConfigurationFlags(command);
  const program = new Command("outrigger").option("-V, --version").addCommand(command.action(() => undefined));
  quiet(program);
  quiet(command);
  program.parse(["inject", ...words], { from: "user" });
  return { flags: configurationFlags(command), operands: command.args, options: command.opts() };
}

function quiet(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
}

function help(sections?: readonly Section[]): string {
  return addConfigurationFlags(new Command("inject"), sections ? { sections } : {}).helpInformation();
}

describe("addConfigurationFlags", () => {
  it("collects what is given, by the name it is given under", () => {
    expect(parse("--mesh-name", "demo", "--proxy-log-level=debug", "--sidecar-image-tag", "v1").flags).toEqual({
      "mesh-name": "demo",
      "proxy-log-level": "debug",
      "sidecar-image-tag": "v1",
    });
    expect(parse().flags).toEqual({});
  });

  it("accepts every flag of every setting, and every old one", () => {
    const names = [...SETTINGS.flatMap(({ flag, flagByRule }) => [flag, flagByRule]), ...FORMER_FLAGS.keys()];
    const flags = [...new Set(names)].filter((name) => name !== "trust");
    expect(parse(...flags.map((name) => `--${name}=1`)).flags).toEqual(
      Object.fromEntries(flags.map((name) => [name, "1"])),
    );
  });

  it.each([
    [["--preview"], "true"],
    [["--preview=false"], "false"],
    [["-preview"], "true"],
    [["-preview=0"], "0"],
    [["--preview=false", "--preview"], "true"],
    [["--preview", "--preview="], ""],
  ])("takes %j as %s", (words, value) => {
    expect(parse(...words).flags).toEqual({ preview: value });
  });

  it("never takes the next word as the value of a boolean flag", () => {
    const { flags, operands } = parse("--preview", "pod.yaml", "--enable-sds", "false");
    expect(flags).toEqual({ preview: "true", "enable-sds": "true" });
    expect(operands).toEqual(["pod.yaml", "false"]);
  });

  it("takes one dash for two, as the injector's manifests have them", () => {
    expect(parse("-tlscert=/a.pem", "-tlskey", "/b.pem", "-v=4").flags).toEqual({
      tlscert: "/a.pem",
      tlskey: "/b.pem",
      v: "4",
    });
  });

  it("leaves options of the command, their values and everything behind -- alone", () => {
    const { flags, operands, options } = parse(
      "-f",
      "-preview",
      "--trust",
      "t.pem",
      "--mesh-name",
      "--preview",
      "--",
      "-preview",
    );
    expect(flags).toEqual({ "mesh-name": "--preview" });
    expect(operands).toEqual(["-preview"]);
    expect(options).toMatchObject({ file: ["-preview"], trust: "t.pem" });
  });

  it("refuses unknown flags and missing values as before", () => {
    expect(() => parse("--mesh-nam", "x")).toThrow(/unknown option '--mesh-nam'/);
    expect(() => parse("--mesh-name")).toThrow(/argument missing/);
    expect(() => parse("-nonsense")).toThrow(/unknown option/);
  });

  it("says in help what belongs to the wanted sections, in groups, and nothing of old names", () => {
    const text = help(["general", "log"]);
    expect(text).toContain("Injection:\n  --mesh-name <text>");
    expect(text).toContain("--log-level");
    expect(text).not.toMatch(/--proxy-|--listen|--sidecar-|--tlscert/);
    expect(help()).toContain("--proxy-log-level");
    expect(help()).not.toMatch(/--sidecar-|--webhook-tls-cert/);
  });

  it("shows a person at a terminal lines of bearable length", () => {
    const placeholders = help().matchAll(/^ {2}(--\S+ (?:<[^>]*>|\[[^\]]*\]))/gm);
    expect(Math.max(...[...placeholders].map(([, term]) => term?.length ?? 0))).toBeLessThan(56);
  });
});

describe("configurationFlags", () => {
  it("keeps the flags of two commands apart", () => {
    const [a, b] = [addConfigurationFlags(new Command("a")), addConfigurationFlags(new Command("b"))];
    a.parse(["--mesh-name", "x"], { from: "user" });
    expect([configurationFlags(a), configurationFlags(b)]).toEqual([{ "mesh-name": "x" }, {}]);
    expect(configurationFlags(new Command("c"))).toEqual({});
  });
});
