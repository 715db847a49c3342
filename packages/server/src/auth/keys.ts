import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** All keys of an installation. They derive from one master key that lies outside the database. */
export interface Keys {
  /** Signs JWTs. */
  jwt: Buffer;
  /** Signs download links. */
  link: Buffer;
  /** Signs the command line's own requests to a running server. */
  admin: Buffer;
  seal(text: string): string;
  unseal(sealed: string): string;
}

export function deriveKeys(master: Buffer): Keys {
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync("sha256", master, Buffer.alloc(0), `maquette ${purpose}`, 32));
  const sealing = derive("seal");
  return {
    jwt: derive("jwt"),
    link: derive("link"),
    admin: derive("admin"),
    seal(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", sealing, nonce);
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
    },
    unseal(sealed) {
      const bytes = Buffer.from(sealed, "base64");
      try {
        const decipher = createDecipheriv("aes-256-gcm", sealing, bytes.subarray(0, 12));
        decipher.setAuthTag(bytes.subarray(12, 28));
        return decipher.update(bytes.subarray(28), undefined, "utf8") + decipher.final("utf8");
      } catch (error) {
        throw new Error("a sealed secret cannot be read: it was altered, or sealed under another master key", {
          cause: error,
        });
      }
    },
  };
}
