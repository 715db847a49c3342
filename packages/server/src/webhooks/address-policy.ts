import ipaddr from "ipaddr.js";

/** An operator's exception: a host by name or a range of addresses, on one port or all. */
export type AllowRule = { port: number | null } & (
  | { kind: "host"; host: string }
  | { kind: "range"; range: [ipaddr.IPv4 | ipaddr.IPv6, number] }
);

/** Where outgoing requests may go besides public addresses. */
export interface AddressPolicy {
  allow: readonly AllowRule[];
  /** Whether this machine itself may be reached: only while the server can be reached from this machine only. */
  loopback: boolean;
}

/** A URL or address that outgoing requests must not reach, or that cannot be a URL at all. */
export class ForbiddenUrl extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "ForbiddenUrl";
  }
}

/**
 * Ports on which something other than HTTP listens and may take a request for its own protocol: those that the Fetch
 * standard blocks, as far as they are assigned, and common databases.
 */
const BLOCKED_PORTS = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049, 3306, 3659, 4045,
  5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9200, 9300, 10080, 11211, 27017,
]);

/** Names that mean this machine or this network by definition (RFC 6761, 6762, 8375, 9476), whatever they resolve to. */
const PRIVATE_NAMES = /(^|\.)(localhost|local|internal|intranet|home\.arpa|lan)$/;
const LOOPBACK_NAMES = /(^|\.)localhost$/;

/** Public by its range, but the metadata and agent service inside Azure's network. */
const PRIVATE_DESPITE_RANGE = new Set(["168.63.129.16"]);

/**
 * `example.com`, `10.0.0.0/8`, `192.168.1.5`, `[fd00::1]`, each with or without `:port`; separated by commas or spaces.
 * @throws Error naming the rule that cannot be read
 */
export function parseAllowRules(text: string): AllowRule[] {
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((rule) => {
      const bare = ipaddr.isValid(rule) || ipaddr.isValidCIDR(rule);
      const [, bracketed, plain, portText] = (!bare && /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(rule)) || [];
      const host = (bare ? rule : (bracketed ?? plain))?.toLowerCase();
      const port = portText === undefined ? null : Number(portText);
      if (!host || (port !== null && (port < 1 || port > 65535))) {
        throw new Error(`expected hosts, addresses or CIDR ranges separated by commas, got "${rule}"`);
      }
      if (ipaddr.isValidCIDR(host)) return { kind: "range", range: ipaddr.parseCIDR(host), port };
      if (ipaddr.isValid(host)) {
        const address = ipaddr.parse(host);
        return { kind: "range", range: [address, address.kind() === "ipv4" ? 32 : 128], port };
      }
      if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host) || /^[\d.]+$/.test(host)) {
        throw new Error(`expected hosts, addresses or CIDR ranges separated by commas, got "${rule}"`);
      }
      return { kind: "host", host, port };
    });
}

/**
 * Checks all that the text of a URL tells. What a name resolves to is checked by `checkAddress` on the connection.
 * The URL parser has already turned every odd notation of an address (octal, hexadecimal, short, full-width) into the
 * usual one.
 * @throws ForbiddenUrl
 */
export function checkUrl(text: string, policy: AddressPolicy): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ForbiddenUrl("it is not a URL");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new ForbiddenUrl(`only http and https can be used, not ${url.protocol.slice(0, -1)}`);
  }
  if (url.username || url.password) throw new ForbiddenUrl("it holds a user name or password");
  const host = hostOf(url);
  const port = portOf(url);
  if (!host) throw new ForbiddenUrl("it names no host");
  if (allowedByName(host, port, policy)) return url;
  if (BLOCKED_PORTS.has(port)) throw new ForbiddenUrl(`port ${port} is not one for HTTP`);
  if (ipaddr.isValid(host)) checkAddress(host, port, policy);
  else if (PRIVATE_NAMES.test(host) && !(policy.loopback && LOOPBACK_NAMES.test(host))) {
    // A range that the operator allowed may hold the name's address: only the connection can tell.
    if (!policy.allow.some((rule) => rule.kind === "range")) throw new ForbiddenUrl(`${host} is a private name`);
  }
  return url;
}

/** @throws ForbiddenUrl when `address` is not a public one and no exception holds. */
export function checkAddress(address: string, port: number, policy: AddressPolicy): void {
  // A scope (fe80::1%eth0) exists on link-local addresses only.
  const parsed = ipaddr.process(address.replace(/%.*$/, ""));
  for (const rule of policy.allow) {
    if (rule.kind !== "range" || (rule.port !== null && rule.port !== port)) continue;
    if (parsed.kind() === rule.range[0].kind() && parsed.match(rule.range as never)) return;
  }
  const range = parsed.range();
  if (range === "loopback" && policy.loopback) return;
  const isPublic =
    range === "unicast" &&
    !PRIVATE_DESPITE_RANGE.has(parsed.toString()) &&
    // Of IPv6 only 2000::/3 is global; all else either is not or wraps an IPv4 address.
    (parsed.kind() === "ipv4" || (parsed.toByteArray()[0]! & 0xe0) === 0x20);
  if (!isPublic) throw new ForbiddenUrl(`${parsed.toString()} is not a public address`);
}

/** The host without brackets, in lower case, without the dot of a fully qualified name. */
export function hostOf(url: URL): string {
  return url.hostname
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase();
}

export function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

export function allowedByName(host: string, port: number, policy: AddressPolicy): boolean {
  return policy.allow.some(
    (rule) => rule.kind === "host" && rule.host === host && (rule.port === null || rule.port === port),
  );
}
