import type { ServiceView } from "./view.ts";

/** Whether requests to a service may go to a port of a target: as its node, or by some route of its router. */
export function reaches({ provider }: ServiceView, target: string, port: number): boolean {
  switch (provider.kind) {
    case "none":
      return false;
    case "node":
      return provider.target === target && provider.ports.includes(port);
    case "router":
      return provider.router.listeners.some(({ routes }) =>
        routes.some(({ targets }) =>
          targets.some((each) => each.kind === "node" && each.target === target && each.port === port),
        ),
      );
  }
}
