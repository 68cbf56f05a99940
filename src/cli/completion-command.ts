import { Argument, Command } from "commander";
import { type CommandWords, type FlagWords, wordsOf } from "./completion-words.ts";
import type { CommandContext } from "./io.ts";

const HELP = `
Examples:
  source <(outrigger completion bash)
  outrigger completion zsh > "\${fpath[1]}/_outrigger"
  outrigger completion fish > ~/.config/fish/completions/outrigger.fish`;

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/**
 * `outrigger completion`: a script that completes commands and flags; everything else completes as file names. `whole` makes the tree of
 * all commands with all their options, which only this command needs.
 */
export function completionCommand({ io }: CommandContext, whole: () => Promise<Command>): Command {
  return new Command("completion")
    .addArgument(new Argument("<shell>", "shell to write for").choices(Object.keys(SHELLS)))
    .addHelpText("after", HELP)
    .action(async (shell: keyof typeof SHELLS) => {
      io.stdout.write(SHELLS[shell](wordsOf(await whole())));
    });
}

function bashScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map(({ name, flags }) => `    ${name}) words="${flags.flatMap(spellings).join(" ")}" ;;`);
  const values = commands.flatMap(({ name, flags, choices }) => [
    ...flags.filter((flag) => flag.choices.length > 0).map((flag) => bashValues(name, flag)),
    ...(choices.length > 0 ? [`    ${name}:${name}) words="${choices.join(" ")}" ;;`] : []),
  ]);
  return `# bash completion for outrigger
_outrigger() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" words=""
  # bash makes three words of --flag=value
  if [ "$current" = "=" ]; then
    previous="$previous="
    current=""
  elif [ "$previous" = "=" ]; then
    previous="\${COMP_WORDS[COMP_CWORD-2]}="
  fi
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names}" -- "$current"))
    return
  fi
  case "$command:$previous" in
${values.join("\n")}
  esac
  # a flag may stand where a word may
  case "$current" in -*) words="" ;; esac
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

function bashValues(command: string, { long, short, value, choices }: FlagWords): string {
  const ways = value === "attached" ? [`${long}=`] : [long, `${long}=`, ...(short === "" ? [] : [short])];
  return `    ${ways.map((way) => `${command}:${way}`).join("|")}) words="${choices.join(" ")}" ;;`;
}

function zshScript(commands: readonly CommandWords[]): string {
  const list = commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`);
  const cases = commands.map(({ name, flags, choices }) => {
    const rest = choices.length > 0 ? `1:what:(${choices.join(" ")})` : "*:file:_files";
    return `    ${name}) _arguments ${[...flags.flatMap(zshFlag), quoted(rest)].join(" ")} ;;`;
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

function zshFlag(flag: FlagWords): readonly string[] {
  const says = `[${flag.description.replaceAll(/[[\]:]/g, "\\$&")}]`;
  const values = flag.choices.length > 0 ? `(${flag.choices.join(" ")})` : "_files";
  const value = flag.value === "none" ? "" : `${flag.value === "attached" ? "::" : ":"}value:${values}`;
  const joint = (spelling: string): string => {
    if (flag.value === "attached") return "=-";
    return flag.value === "next" && spelling === flag.long ? "=" : "";
  };
  return spellings(flag).map((spelling) => quoted(`*${spelling}${joint(spelling)}${says}${value}`));
}

function fishScript(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, description, flags, choices }) => [
    `complete -c outrigger -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
    ...flags.map((flag) => fishFlag(name, flag)),
    ...(choices.length > 0 ? [`complete -c outrigger -n '${fishAfter(name)}' -f -a ${quoted(choices.join(" "))}`] : []),
  ]);
  return `# fish completion for outrigger\n${lines.join("\n")}\n`;
}

function fishFlag(command: string, { long, short, description, value, choices }: FlagWords): string {
  const names = `${short === "" ? "" : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
  const takes = value === "next" ? (choices.length > 0 ? " -x" : " -r") : "";
  const values = choices.length > 0 ? ` -a ${quoted(choices.join(" "))}` : "";
  return `complete -c outrigger -n '${fishAfter(command)}' ${names}${takes}${values} -d ${quoted(description)}`;
}

/** `outrigger help inject` is about help, not about inject. */
function fishAfter(command: string): string {
  return `__fish_seen_subcommand_from ${command}${command === "help" ? "" : "; and not __fish_seen_subcommand_from help"}`;
}

function spellings({ long, short }: FlagWords): readonly string[] {
  return short === "" ? [long] : [short, long];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
