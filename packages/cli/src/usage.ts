/** A mistake in the command line: exit code 2, one sentence. */
export class UsageError extends Error {}

/** Exit codes (contract, section 7). */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3 } as const;

export const HELP = `Maquette: pictures of an object in, a textured, game-ready 3D asset out.

Usage
  maquette make IMAGE...        make an asset from one to six pictures of one object
  maquette serve                serve the API and the web app (npm start does the same)
  maquette account create       create an account and print its API credentials
  maquette mcp                  let AI assistants make assets on a server (Model Context Protocol)
  maquette help [COMMAND]       this text, or a command's
  maquette version

Run 'maquette help COMMAND' for a command's options.`;

export const MAKE_HELP = `Usage: maquette make IMAGE... [options]

One to six pictures (PNG, JPEG, WebP, AVIF, GIF, TIFF; up to 5 MB each) of one object, from different sides. Say
which side a picture shows with the options below; pictures without one are taken as front, right, back, left, top,
bottom, in this order. 'Left' is the object's own left side.

Pictures
  --front FILE  --right FILE  --back FILE  --left FILE  --top FILE  --bottom FILE

Result
  -o, --out DIR            where to write (default: a folder named after the first picture)
  --name NAME              name of the asset and of its files
  --quality LEVEL          standard (default), high or ultra
  --polycount N            no file has more triangles than this (500 to 300000)
  --height CM              size in centimetres (default: height 200); one given, the others follow in
  --width CM  --depth CM   proportion
  --topology KIND          quad (default) or triangle
  --pivot PLACE            center (default) or base
  --texture-size N         texels a side: a power of two from 256 to 4096
  --seed N                 seed of everything random
  --no-prior               silhouettes only, without the learned prior
  --json                   print the report as JSON; progress goes to standard error

Exit code: 0 made, 2 wrong arguments, 3 a picture was refused (the sentence says why), 1 anything else.`;

export const SERVE_HELP = `Usage: maquette serve [--role all|api|worker]

Serves the web app and the API on http://localhost:8080 and works through the queue. The first start creates the owner
account, prints a one-time sign-in link and writes the API credentials to credentials.json in the data folder.

Environment
  PORT, HOST, PUBLIC_URL        where it listens, and the address that its links carry
  TLS_CERT, TLS_KEY             files that switch HTTPS on
  MAQUETTE_DATA                 data folder (default ./maquette-data)
  DATABASE_URL                  PostgreSQL instead of the embedded database
  S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY
                                S3-compatible storage instead of the data folder
  MAQUETTE_ALLOW_HOSTS          hosts and CIDRs that picture URLs and webhooks may reach besides public ones
  MAQUETTE_CONCURRENCY          assets made at a time`;

export const ACCOUNT_HELP = `Usage
  maquette account create --email E [--json]    make an account; prints devID, API key, secret and refresh token once
  maquette account link [--email E]             print a one-time sign-in link (the owner's by default)`;

/** How every command that talks to a server finds it. */
const SERVER_HELP = `Server
  --server URL             the server (default: MAQUETTE_SERVER, the last login, then http://localhost:8080)
  --credentials FILE       its credentials as JSON (default: MAQUETTE_CREDENTIALS, or MAQUETTE_DEV_ID,
                           MAQUETTE_API_KEY and MAQUETTE_REFRESH_TOKEN, then the login; on the machine of
                           'maquette serve', the credentials.json in its data folder)`;

export const MCP_HELP = `Usage: maquette mcp [--http [--port N] [--host H]] [--server URL] [--credentials FILE]

Serves the tools create_asset, watch_asset, fetch_asset, list_assets and revise_asset to an AI assistant, which starts
this command itself and talks to it over standard input and output. Previews come as pictures.

  --http                   serve streamable HTTP at /mcp instead, on 127.0.0.1 only unless --host says otherwise
  --port N                 default 8081; 0 takes a free one
  --host H                 an address that others can reach; needs the environment variable MAQUETTE_MCP_TOKEN,
                           which clients send as a bearer token

Over HTTP, pictures come as data or addresses and files as links: no path of this machine can be named.

${SERVER_HELP}`;
