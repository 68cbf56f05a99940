/** A host name as DNS compares it: in lower case, without a dot at its end. */
export function plainHost(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
