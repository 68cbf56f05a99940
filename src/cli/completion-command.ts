import { Argument, Command } from "commander";
import type { CommandContext } from "./io.ts";

const HELP = `
Examples:
  source <(outrigger completion bash)
  outrigger completion zsh > "\${fpath[1]}/_outrigger"
  outrigger completion fish > ~/.config/fish/completions/outrigger.fish`;

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `outrigger completion`: a script that completes commands and flags; everything else completes as file names. */
export function completionCommand(context: CommandContext): Command {
  return new Command("completion")
    .addArgument(new Argument("<shell>", "shell to write for").choices(Object.keys(SHELLS)))
    .addHelpText("after", HELP)
    .action(async (shell: keyof typeof SHELLS) => {
      // only here, because the whole tree with all its flags is needed
      const { buildProgram } = await import("./program.ts");
      context.io.stdout.write(SHELLS[shell](wordsOf(await buildProgram(context, "all"))));
    });
}

/** One command with what may follow it. */
interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly FlagWords[];
}

interface FlagWords {
  readonly long: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

function wordsOf(program: Command): readonly CommandWords[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: command
      .createHelp()
      .visibleOptions(command)
      .flatMap(({ long, description, required, optional, argChoices }) =>
        long ? [{ long, description, takesValue: required || optional, choices: argChoices ?? [] }] : [],
      ),
  }));
}

function bashScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map(({ name, flags }) => `    ${name}) words="${flags.map(({ long }) => long).join(" ")}" ;;`);
  const values = distinctChoices(commands).map(([name, { long, choices }]) => {
    return `    ${name}:${long}) words="${choices.join(" ")}" ;;`;
  });
  return `# bash completion for outrigger
_outrigger() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names}" -- "$current"))
    return
  fi
  case "$command:$previous" in
${values.join("\n")}
    completion:completion) words="${Object.keys(SHELLS).join(" ")}" ;;
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$current" in
  -*)
    case "$command" in
${cases.map((line) => `  ${line}`).join("\n")}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    ;;
  esac
}
complete -o default -F _outrigger outrigger
`;
}

function zshScript(commands: readonly CommandWords[]): string {
  const list = commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`);
  const cases = commands.map(({ name, flags }) => {
    const specs = flags.map(({ long, description, takesValue, choices }) => {
      const value = choices.length > 0 ? `:value:(${choices.join(" ")})` : takesValue ? ":value:_files" : "";
      return quoted(`*${long}[${description.replaceAll(/[[\]:]/g, "\\$&")}]${value}`);
    });
    const rest = name === "completion" ? `'1:shell:(${Object.keys(SHELLS).join(" ")})'` : "'*:file:_files'";
    return `    ${name}) _arguments ${[...specs, rest].join(" ")} ;;`;
  });
  return `#compdef outrigger
_outrigger() {
  local -a commands=(
${list.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = "_outrigger" ]; then _outrigger "$@"; else compdef _outrigger outrigger; fi
`;
}

function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, description, flags }) => [
    `complete -c outrigger -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
    ...flags.map(({ long, description: says, takesValue, choices }) => {
      const values = choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : takesValue ? " -r" : "";
      return `complete -c outrigger -n '__fish_seen_subcommand_from ${name}' -l ${long.slice(2)}${values} -d ${quoted(says)}`;
    }),
  ]);
  const shells = `complete -c outrigger -n '__fish_seen_subcommand_from completion' -f -a ${quoted(Object.keys(SHELLS).join(" "))}`;
  return `# fish completion for outrigger\n${[...lines, shells].join("\n")}\n`;
}

function distinctChoices(commands: readonly CommandWords[]): readonly (readonly [string, FlagWords])[] {
  return commands.flatMap(({ name, flags }) =>
    flags.filter(({ choices }) => choices.length > 0).map((flag) => [name, flag] as const),
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
