import type { Option } from "commander";

/**
 * Rewrites command-line words so that commander understands configuration flags as Go's flag packages did: `-tlscert=x`
 * becomes `--tlscert=x`, and a boolean flag never takes the next word as its value (`--preview pod.yaml` becomes
 * `--preview=true pod.yaml`). Other words, values of options and everything behind `--` stay as they are.
 *
 * `options` are all options of the command, `flags` those of them that are configuration flags.
 */
export function goStyle(words: readonly string[], options: readonly Option[], flags: ReadonlySet<Option>): string[] {
  const result: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "--") return [...result, ...words.slice(index)];
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const own = options.find(({ long, short }) => name === long || name === short);
    const option = own ?? options.find((flag) => flags.has(flag) && flag.long === `-${name}`);
    if (option === undefined) {
      result.push(word);
      continue;
    }
    const twoDashes = own === undefined ? `-${word}` : word;
    const alone = equals < 0;
    result.push(alone && option.optional && flags.has(option) ? `${twoDashes}=true` : twoDashes);
    const value = words[index + 1];
    if (alone && option.required && value !== undefined) {
      result.push(value);
      index++;
    }
  }
  return result;
}
