/** Envoy 1.40 for clusters and listeners: each rejected one by name, the others of the response are applied. */
const LIST = /^Error adding\/updating (?:cluster|listener)\(s\) /;
/** Envoy's validation of fields quotes the message, unindented fields first; nothing of the response is applied. */
const QUOTED = /^(?:name|cluster_name): "([^"\n]*)"$/m;
/** For a route configuration, where a rule about domains is broken. */
const OF_ROUTE = / in route (\S+)$/;

/**
 * Which resources of a response a proxy rejects, by the words of its NACK. Empty when it does not say: a certificate that does
 * not load or a regular expression that does not compile is reported without a name. Names are only looked for where Envoy puts
 * them, for a resource may be called `in` or `error`.
 */
export function culpritsIn(text: string, names: Iterable<string>): string[] {
  const all = [...names];
  const list = LIST.exec(text);
  if (list !== null) {
    const entries = text.slice(list[0].length);
    return all.filter((name) =>
      [entries.startsWith(`${name}: `), entries.includes(`, ${name}: `), entries.includes(`\n${name}: `)].some(Boolean),
    );
  }
  const named = QUOTED.exec(text)?.[1] ?? OF_ROUTE.exec(text)?.[1];
  return all.filter((name) => name === named);
}
