import { connect } from "node:tls";

/** SHA-256 of the certificate that a server on loopback shows to who trusts these roots and no others. Rejects when it is not trusted. */
export function handshake(port: number, ca: string, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca, servername }, () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      resolve(fingerprint256);
    });
    socket.on("error", reject);
  });
}
