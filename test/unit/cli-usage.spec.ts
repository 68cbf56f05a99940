import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { outrigger } from "./command-line.ts";

const ROOT = join(import.meta.dirname, "../..");
const names = COMMANDS.map(({ name }) => name);

describe("help", () => {
  test.each(names)("of %s has a description, options and examples", async (name) => {
    const { code, stdout } = await outrigger([name, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: outrigger ${name}`);
    expect(stdout).toContain("Examples:");
  });

  test("of a command's own commands has examples too", async () => {
    const inner: (readonly [string, string])[] = [];
    for (const name of names) {
      const { stdout } = await outrigger([name, "--help"]);
      const list = /^Commands:\n((?: .*\n)+)/m.exec(stdout)?.[1] ?? "";
      for (const [, command = ""] of list.matchAll(/^ {2}([a-z]\S*)/gm))
        if (command !== "help") inner.push([name, command]);
    }
    expect(inner).toContainEqual(["trust", "status"]);
    for (const words of inner) {
      const { code, stdout } = await outrigger([...words, "--help"]);
      expect([words, code, stdout]).toEqual([words, 0, expect.stringContaining("Examples:")]);
    }
  });

  test("of the whole lists the commands and the exit codes", async () => {
    const { code, stdout } = await outrigger(["--help"]);
    expect(code).toBe(0);
    for (const name of names) expect(stdout).toContain(`  ${name} `);
    expect(stdout).toContain("Exit codes:");
  });

  test.each(names)("of %s comes by the command help too", async (name) => {
    expect(await outrigger(["help", name])).toEqual(await outrigger([name, "--help"]));
  });

  test("of the whole comes by the command help alone", async () => {
    expect(await outrigger(["help"])).toEqual(await outrigger(["--help"]));
  });

  test("comes with a usage error when there is no command", async () => {
    const { code, stdout, stderr } = await outrigger([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: outrigger");
  });
});

describe("usage errors end with 2, say what to do and print nothing", () => {
  test.each([
    [["injekt"], "Did you mean inject?"],
    [["help", "injekt"], "unknown command 'injekt'\n(Did you mean inject?)"],
    [["help", "nonsense"], "outrigger: unknown command 'nonsense'\n"],
    [["inject", "--outptu", "json"], "Did you mean --output?"],
    [["trust", "status", "--outptu", "json"], "outrigger: unknown option '--outptu'\n(Did you mean --output?)"],
    [["inject"], "-f FILE is missing"],
    [["inject", "-f", "-", "-f", "-"], "standard input can be read only once"],
    [["explain"], "either -f FILE or KIND/NAME"],
    [["explain", "pod/x", "-f", "-"], "either -f FILE or KIND/NAME"],
    [["explain", "secret/x"], "expected KIND/NAME"],
    [["explain", "secret", "x"], "secret/x: expected KIND/NAME"],
    [["explain", "pod/x", "pod/y"], "pod/x pod/y: expected KIND/NAME"],
    [["completion", "csh"], "bash, zsh, fish"],
    [["inject", "-f", "-", "--proxy-log-level", "loud"], "proxy.logLevel"],
  ])("%j", async (argv, message) => {
    const { code, stdout, stderr } = await outrigger(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test.each([
    [["inject", "-f", "no-such-file.yaml"], "no-such-file.yaml does not exist"],
    [["inject", "-f", "package.json/no-such-file.yaml"], "a part of the path is a file"],
    [["problems", "-f", "no-such-folder/"], "no-such-folder/ does not exist"],
    [
      ["explain", "pod/x", "--kubeconfig", "no-such-kubeconfig"],
      "no-such-kubeconfig cannot be used: it does not exist",
    ],
    [["serve", "--kubeconfig", "no-such-kubeconfig"], "no-such-kubeconfig cannot be used: it does not exist"],
    [["install", "--kubeconfig", "no-such-kubeconfig"], "no-such-kubeconfig cannot be used: it does not exist"],
    [["trust", "status", "--kubeconfig", "no-such-kubeconfig"], "no-such-kubeconfig cannot be used: it does not exist"],
  ])("%j names what is not there", async (argv, message) => {
    const { code, stdout, stderr } = await outrigger(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("what is there and cannot be read ends with 3", async () => {
    const { code, stderr } = await outrigger(["explain", "pod/x", "--kubeconfig", ROOT]);
    expect(code).toBe(3);
    expect(stderr).toContain("cannot be used: it is a folder");
  });
});

describe("version", () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };

  test("is one line, or JSON for a report", async () => {
    expect((await outrigger(["version"])).stdout).toBe(`outrigger ${version}\n`);
    expect(JSON.parse((await outrigger(["version", "-o", "json"])).stdout)).toEqual({
      version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
    });
  });
});

describe("completion", () => {
  test("for bash completes commands, flags and their choices", async () => {
    const { stdout } = await outrigger(["completion", "bash"]);
    const complete = (...words: string[]) => {
      const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _outrigger; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout.trim().split("\n");
    };
    expect(complete("outrigger", "uni")).toEqual(["uninject", "uninstall"]);
    expect(complete("outrigger", "h")).toEqual(["help"]);
    expect(complete("outrigger", "help", "")).toEqual([...names, "help"]);
    expect(complete("outrigger", "inject", "--keep")).toEqual(["--keep-going"]);
    for (const flag of ["--output", "-o"]) {
      expect(complete("outrigger", "inject", flag, "")).toEqual(["yaml", "json", "patch"]);
    }
    expect(complete("outrigger", "inject", "--output", "=", "j")).toEqual(["json"]);
    expect(complete("outrigger", "inject", "--flavor", "")).toEqual(["envoy", "aws"]);
    expect(complete("outrigger", "inject", "--flavor", "=")).toEqual(["envoy", "aws"]);
    expect(complete("outrigger", "inject", "--preview", "=")).toEqual(["true", "false"]);
    // after a space the next word is no value of it
    expect(complete("outrigger", "inject", "--preview", "")).toEqual([""]);
    expect(complete("outrigger", "completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(complete("outrigger", "explain", "re")).toEqual(["request"]);
    expect(complete("outrigger", "explain", "--fr")).toEqual(["--from"]);
    expect(complete("outrigger", "explain", "request", "--gr")).toEqual(["--grpc"]);
    expect(complete("outrigger", "trust", "")).toEqual(["rotate", "status"]);
  });

  test.each(["zsh", "fish"])("for %s names every command", async (shell) => {
    const { code, stdout } = await outrigger(["completion", shell]);
    expect(code).toBe(0);
    for (const name of [...names, "help"]) expect(stdout).toContain(name);
    for (const choices of ["envoy aws", "true false", "yaml json patch"]) expect(stdout).toContain(choices);
  });

  test("for zsh completes at once when it is loaded as a function, and registers itself when it is sourced", async () => {
    const { stdout } = await outrigger(["completion", "zsh"]);
    const [first, last] = [stdout.split("\n")[0], stdout.trimEnd().split("\n").at(-1) ?? ""];
    expect(first).toBe("#compdef outrigger");
    // the last line alone, because it is the same in bash: what it calls depends on who runs it
    const run = (caller: string) =>
      spawnSync(
        "bash",
        [
          "-c",
          `_outrigger() { echo "complete $*"; }; compdef() { echo "register $*"; }; funcstack=${caller}; set -- a b; ${last.replace("[1]", "")}`,
        ],
        { encoding: "utf8" },
      ).stdout.trim();
    expect(run("_outrigger")).toBe("complete a b");
    expect(run("")).toBe("register _outrigger outrigger");
  });
});

describe("explain", () => {
  const stdin = readFileSync(join(ROOT, "examples/nginx.yaml"), "utf8");

  test("prints each rule with what it saw, and what is decided", async () => {
    const { code, stdout } = await outrigger(["explain", "-f", "-"], { stdin });
    expect(code).toBe(0);
    expect(stdout).toContain("Pod nginx, namespace appmesh-inject-test (stdin:8)");
    expect(stdout).toMatch(/^ {2}host-network +pass /m);
    expect(stdout).toContain("=> inject (injected)");
  });

  test("as JSON holds the same, and a refusal ends with 1", async () => {
    const { code, stdout } = await outrigger(["explain", "-f", "-", "-o", "json"], { stdin, environment: {} });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([{ kind: "Pod", name: "nginx", outcome: "deny", reason: "no-mesh" }]);
  });

  test("colours are for terminals, and never against NO_COLOR", async () => {
    const environment = { MESH_NAME: "m" };
    const colour = "\u001b[";
    const plain = await outrigger(["explain", "-f", "-"], { stdin, environment });
    const painted = await outrigger(["explain", "-f", "-"], { stdin, environment, terminal: true });
    const refused = await outrigger(["explain", "-f", "-"], {
      stdin,
      environment: { ...environment, NO_COLOR: "1" },
      terminal: true,
    });
    expect(painted.stdout).toContain(colour);
    expect(plain.stdout).not.toContain(colour);
    expect(refused.stdout).toBe(plain.stdout);
  });
});

describe("every example", () => {
  const examples = readdirSync(join(ROOT, "examples")).filter((name) => name.endsWith(".yaml"));

  test.each(examples)("%s is injected, and taken back to the byte or with replaced values only", async (name) => {
    const path = join(ROOT, "examples", name);
    const text = readFileSync(path, "utf8");
    const mesh = join(ROOT, "examples/mesh.yaml");
    const there = await outrigger(["inject", "-f", path, "--virtual-nodes", mesh]);
    expect(there.code).toBe(0);
    const back = await outrigger(["uninject", "-f", "-"], { stdin: there.stdout });
    expect(back).toEqual({ code: 0, stdout: text, stderr: "" });
  });
});
