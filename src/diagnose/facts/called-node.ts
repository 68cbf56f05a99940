/** What the name of a cluster says, `cds_<direction>_<mesh>_<node>_<protocol>_<port>`, without the mesh where that is known (not empty). */
export function calledNode(cluster: string, mesh: string): { readonly name: string; readonly port: string } {
  const [, node = cluster, port = "?"] =
    /^cds_(?:ingress|egress)_(.*)_(?:http|http2|grpc|tcp)_(\d+)(?:_tls_\w+)?$/.exec(cluster) ?? [];
  return { name: node.startsWith(`${mesh}_`) ? node.slice(mesh.length + 1) : node, port };
}
