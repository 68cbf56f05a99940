/** The nat table as it is: the rules of each chain in their order, as text without the chain's name. */
export type SavedTable = ReadonlyMap<string, readonly string[]>;

/** Reads what `iptables-save -t nat` printed; undefined when there is no nat table in it. */
export function parseSaved(text: string): SavedTable | undefined {
  const chains = new Map<string, string[]>();
  let inside = false;
  for (const line of text.split("\n")) {
    if (line.startsWith("*")) inside = line === "*nat";
    else if (inside) readLine(line, chains);
    if (line === "COMMIT" && inside) return chains;
  }
  return undefined;
}

function readLine(line: string, chains: Map<string, string[]>): void {
  const [, declared] = /^:(\S+) /.exec(line) ?? [];
  if (declared !== undefined) chains.set(declared, []);
  const [, chain, rule] = /^-A (\S+) ?(.*)$/.exec(line) ?? [];
  if (chain !== undefined) chains.get(chain)?.push(rule ?? "");
}
