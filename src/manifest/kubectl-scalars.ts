import { isCollection, type Node, type ParsedNode, Scalar, visit } from "yaml";

/** A value that this parser reads, and kubectl's, which is older, does not. */
export interface UnreadableScalar {
  /** Where it stands in the text. */
  readonly offset: number;
  /** Such as `a question mark in a value without quotes, within brackets`. */
  readonly found: string;
}

/**
 * The first value of a document that kubectl refuses although YAML 1.2 allows it: its parser is one of YAML 1.1, and `kubectl apply` ends at
 * such a document (measured with kubectl 1.36). `text`: the one that offsets of the document count in.
 */
export function unreadableForKubectl(root: ParsedNode, text: string): UnreadableScalar | undefined {
  let first: UnreadableScalar | undefined;
  visit(root, {
    Scalar: (_key, node, path) => {
      const found = fault(node, path, text);
      if (found === undefined) return undefined;
      first = { offset: node.range?.[0] ?? 0, found };
      return visit.BREAK;
    },
  });
  return first;
}

function fault({ type, source = "", range }: Scalar, path: readonly unknown[], text: string): string | undefined {
  if (type === Scalar.PLAIN) {
    const isOdd = source.includes("?") || source.startsWith(":");
    if (!isOdd || !path.some((above) => isCollection(above as Node) && (above as { flow?: boolean }).flow === true)) {
      return undefined;
    }
    const what = source.startsWith(":") ? "a colon at the beginning of" : "a question mark in";
    return `${what} a value without quotes, within brackets`;
  }
  if (type !== Scalar.QUOTE_DOUBLE || !source.includes("/") || range == null) return undefined;
  return ESCAPED_SLASH.test(text.slice(range[0], range[1])) ? "an escaped slash (\\/) in double quotes" : undefined;
}

const ESCAPED_SLASH = /(?<!\\)(?:\\\\)*\\\//;
