import { isIP } from "node:net";

export type Family = "ipv4" | "ipv6";

/** Addresses with a common beginning: `bits` is the first of them, as a number. */
export interface AddressBlock {
  readonly family: Family;
  readonly bits: bigint;
  /** Length of the common beginning, in bits. */
  readonly prefix: number;
}

/** Reads `10.1.2.3`, `10.0.0.0/8` or `fd00::/8`; bits after the prefix are dropped. Undefined for anything else. */
export function parseBlock(text: string): AddressBlock | undefined {
  const [address = "", prefixText, ...rest] = text.split("/");
  const family = familyOf(address);
  if (family === undefined || rest.length > 0) return undefined;
  const width = widthOf(family);
  const prefix = prefixText === undefined ? width : Number(prefixText);
  if (!/^[0-9]{1,3}$/.test(prefixText ?? "0") || prefix > width) return undefined;
  const dropped = BigInt(width - prefix);
  return { family, bits: (bitsOf(address, family) >> dropped) << dropped, prefix };
}

/** As iptables-save prints it, always with its prefix. IPv6 in its shortest form (RFC 5952), without dots. */
export function formatBlock({ family, bits, prefix }: AddressBlock): string {
  const address = family === "ipv4" ? groups(bits, 4, 8).join(".") : shortest(groups(bits, 8, 16));
  return `${address}/${prefix}`;
}

function familyOf(address: string): Family | undefined {
  // a zone such as fe80::1%eth0 means nothing in a rule
  if (address.includes("%")) return undefined;
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? "ipv4" : "ipv6";
}

function widthOf(family: Family): number {
  return family === "ipv4" ? 32 : 128;
}

function bitsOf(address: string, family: Family): bigint {
  if (family === "ipv4") return joined(address.split(".").map(Number), 8);
  const [head = "", tail] = address.split("::");
  const before = hextets(head);
  if (tail === undefined) return joined(before, 16);
  const after = hextets(tail);
  return joined([...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after], 16);
}

/** The 16-bit groups of a part of an IPv6 address; an IPv4 address at its end (`::ffff:10.0.0.1`) makes two. */
function hextets(part: string): number[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function joined(numbers: readonly number[], width: number): bigint {
  return numbers.reduce((bits, number) => (bits << BigInt(width)) | BigInt(number), 0n);
}

function groups(bits: bigint, count: number, width: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    Number((bits >> BigInt((count - 1 - index) * width)) & ((1n << BigInt(width)) - 1n)),
  );
}

/** The longest run of two or more zero groups, the first of equals, becomes `::`. */
function shortest(hextetList: readonly number[]): string {
  const text = hextetList.map((group) => group.toString(16)).join(":");
  const runs = [...text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)];
  const longest = runs.reduce((best, run) => (run[0].length > best.length ? run[0] : best), "");
  if (longest === "") return text;
  const at = runs.find((run) => run[0] === longest)?.index ?? 0;
  return `${text.slice(0, at).replace(/:$/, "")}::${text.slice(at + longest.length).replace(/^:/, "")}`;
}
