import { type IncomingHttpHeaders, request } from "node:http";

/** What was answered. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What to ask, and how. */
export interface Question {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  /** Besides the ones that the kubelet always sends. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The headers that the kubelet sends of itself with an HTTP probe, apart from Host (kubernetes `pkg/probe/http`). */
export const KUBELET_HEADERS = { "User-Agent": "kube-probe/1.36", Accept: "*/*" } as const;

/** Asks as the kubelet does: one connection for one request, no redirect followed. */
export function ask({ host, port, path, method = "GET", headers = {} }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host, port, path, method, agent: false, headers: { ...KUBELET_HEADERS, Connection: "close", ...headers } },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
        response.on("error", reject);
      },
    );
    asked.on("error", reject).end();
  });
}

/** Whether the kubelet counts the status as a success. */
export function succeeds({ status }: Answer): boolean {
  return status >= 200 && status < 400;
}
