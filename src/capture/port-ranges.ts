import type { PortRange } from "../inject/decision.ts";
import { PORTS_PER_RULE } from "./limits.ts";

/** `80,8000:8010`, as the multiport match of iptables reads it. */
export function formatRanges(ranges: readonly PortRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}:${last}`)).join(",");
}

/** The ranges in their order, cut into lists that one multiport match can hold each. */
export function inGroups(ranges: readonly PortRange[]): readonly (readonly PortRange[])[] {
  const groups: PortRange[][] = [];
  let room = 0;
  for (const range of ranges) {
    const weight = range.first === range.last ? 1 : 2;
    if (weight > room) {
      groups.push([]);
      room = PORTS_PER_RULE;
    }
    groups.at(-1)?.push(range);
    room -= weight;
  }
  return groups;
}

/** The ranges without one port: a range around it becomes two. */
export function withoutPort(ranges: readonly PortRange[], port: number): readonly PortRange[] {
  return ranges.flatMap(({ first, last }) =>
    port < first || port > last
      ? [{ first, last }]
      : [
          { first, last: port - 1 },
          { first: port + 1, last },
        ].filter((range) => range.first <= range.last),
  );
}

export function holdsPort(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(({ first, last }) => first <= port && port <= last);
}
