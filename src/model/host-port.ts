/** A host, an IPv6 address without brackets, and its port as they stand in a URL: `127.0.0.1:8443`, `[::1]:8443`, `back.shop:8080`. */
export function hostPort({ host, port }: { readonly host: string; readonly port: number | string }): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
