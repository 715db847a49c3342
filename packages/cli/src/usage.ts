/** A mistake in the command line: exit code 2, one sentence. */
export class UsageError extends Error {}

/** Exit codes (contract, section 7). */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3 } as const;

export const HELP = `Maquette: pictures of an object in, a textured, game-ready 3D asset out.

Usage
  maquette make IMAGE...        make an asset from one to six pictures of one object
  maquette inspect IMAGE...     look at pictures without making anything
  maquette finish MODEL...      repair models that you have, and make them game-ready in all formats
  maquette serve                serve the API and the web app (npm start does the same)
  maquette account create       create an account and print its API credentials

With a server
  maquette login                check credentials and keep them for the commands below
  maquette make --server URL    make an asset there instead of here
  maquette list                 list assets, newest first
  maquette get ID               show an asset, or download its files
  maquette watch ID             follow an asset until it is done
  maquette revise ID            make a new version: other options, other pictures, or wishes in words
  maquette webhooks listen      forward the account's webhooks to a program on this machine
  maquette mcp                  let AI assistants make assets (Model Context Protocol)

  maquette completion SHELL     completion of commands and options for bash, zsh or fish
  maquette help [COMMAND]       this text, or a command's
  maquette version

Run 'maquette help COMMAND' for a command's options.`;

/** How every command that talks to a server finds it. */
const SERVER_HELP = `Server
  --server URL             the server (default: MAQUETTE_SERVER, the last login, then http://localhost:8080)
  --credentials FILE       its credentials as JSON (default: MAQUETTE_CREDENTIALS, or MAQUETTE_DEV_ID,
                           MAQUETTE_API_KEY and MAQUETTE_REFRESH_TOKEN, then the login; on the machine of
                           'maquette serve', the credentials.json in its data folder)`;

const MAKE_HELP = `Usage: maquette make IMAGE... [options]

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
  --lods N                 that many coarser levels of detail, each half the one before, in the zip and the FBX
  --collision KIND         none (default) or convex: hulls for physics engines in GLB, glTF and FBX
  --compression KIND       none (default) or meshopt: smaller GLB files, for readers of EXT_meshopt_compression
  --seed N                 seed of everything random
  --no-prior               silhouettes only, without the learned prior
  --json                   print the report as JSON; progress goes to standard error

On a server
  --server URL             make it there, with the credentials of 'maquette login' or of the options below
  --credentials FILE       the server's credentials as JSON
  --project NAME           the style that the asset takes
  --generator NAME         who makes the shape: one of the server's generators, or builtin
  --tag TAG                a tag; may be repeated
  --test                   deliver a plain cube; the pictures are not looked at

Exit code: 0 made, 2 wrong arguments, 3 a picture was refused (the sentence says why), 1 anything else.`;

const INSPECT_HELP = `Usage: maquette inspect IMAGE... [options]

Looks at pictures as 'maquette make' does and says what it would use of them, from which side, and what is wrong, without
making anything. Writes each picture with its background faded, the object outlined and every view framed.

  --front FILE  --right FILE  --back FILE  --left FILE  --top FILE  --bottom FILE
  -o, --out DIR            where the overlays go (default: here)
  --quality LEVEL          standard (default), high or ultra
  --json                   print everything that was measured

Environment
  MAQUETTE_MATTE_MODEL     another matting model (.onnx, its description beside it: docs/understanding.md)
  MAQUETTE_MODERATION_MODEL, MAQUETTE_MODERATION_THRESHOLD, MAQUETTE_MODERATION_FAILURE
                           a classifier of inappropriate pictures, in the same way

Exit code: 0 an asset would be made, 3 a picture would be refused (the sentence says why), 2 wrong arguments, 1 anything else.`;

const FINISH_HELP = `Usage: maquette finish MODEL... [options]

Takes models that you already have (GLB, self-contained glTF, OBJ with its materials and pictures beside it, binary FBX, or
a zip of one), whatever state they are in, and makes of each a closed, two-manifold asset with UVs and a re-baked texture in all formats:
holes, flipped, repeated and intersecting faces, loose crumbs and base plates go.

Result
  -o, --out DIR            where to write (default: a folder named after the model; with several, one folder each in DIR)
  --name NAME              name of the asset and of its files
  --quality LEVEL          standard (default), high or ultra: how finely the surface is kept
  --polycount N            no file has more triangles than this (500 to 300000)
  --height CM              size in centimetres (default: the model's own; one that no object has is taken for
  --width CM  --depth CM   another unit, and a note says so)
  --topology KIND          quad (default) or triangle
  --pivot PLACE            center (default) or base
  --texture-size N         texels a side: a power of two from 256 to 4096
  --lods N                 that many coarser levels of detail, each half the one before, in the zip and the FBX
  --collision KIND         none (default) or convex: hulls for physics engines in GLB, glTF and FBX
  --compression KIND       none (default) or meshopt: smaller GLB files, for readers of EXT_meshopt_compression

Model
  --up AXIS                axis that points up: y, z, x, -y, -z, -x (default: what FBX says, else y)
  --keep-base              keep a plate on which the model stands
  --keep-loose             keep small pieces that are far from everything else
  --json                   print the report as JSON; progress goes to standard error

On a server
  --server URL             make it there, with the credentials of 'maquette login' or of the option below
  --credentials FILE       the server's credentials as JSON
  --project NAME           the style that the asset takes
  --tag TAG                a tag; may be repeated
  --test                   deliver a plain cube; the model is not looked at

Exit code: 0 made, 2 wrong arguments, 3 a model was refused (the sentence says why), 1 anything else.`;

const SERVE_HELP = `Usage: maquette serve [--role all|api|worker]

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
  MAQUETTE_TRUSTED_PROXIES      addresses and CIDRs of proxies whose X-Forwarded headers are believed
  MAQUETTE_CONCURRENCY          assets made at a time
  MAQUETTE_KEEP_FILES_DAYS, MAQUETTE_KEEP_PICTURES_DAYS
                                days after which an asset's files and pictures are deleted (default: never)
  MAQUETTE_QUOTA_REQUESTS, MAQUETTE_QUOTA_MEGABYTES
                                assets a month, and room, that an account may have (default: any)
  MAQUETTE_RESERVE_MEGABYTES    room kept on the disk of the data folder; with less, no new work is taken (default 256)
  OTEL_EXPORTER_OTLP_ENDPOINT   where OpenTelemetry traces go
  MAQUETTE_MATTE_MODEL          another matting model (docs/understanding.md)
  MAQUETTE_MODERATION_MODEL, MAQUETTE_MODERATION_THRESHOLD, MAQUETTE_MODERATION_FAILURE
                                a classifier of inappropriate pictures (docs/understanding.md)
  MAQUETTE_GENERATORS           other models that make shapes, as JSON or its file (docs/generators.md)

docs/operating.md has all of them, and how to run a server for others.`;

const ACCOUNT_HELP = `Usage
  maquette account create --email E [--json]      make an account; prints devID, API key, secret and refresh token once
  maquette account link [--email E] [--json]      print a one-time sign-in link (the owner's by default)`;

const MCP_HELP = `Usage: maquette mcp [--http [--port N] [--host H]] [--server URL] [--credentials FILE]

Serves the tools create_asset, finish_model, watch_asset, fetch_asset, list_assets and revise_asset to an AI assistant, which
starts this command itself and talks to it over standard input and output. Previews come as pictures.

  --http                   serve streamable HTTP at /mcp instead, on 127.0.0.1 only unless --host says otherwise
  --port N                 default 8081; 0 takes a free one
  --host H                 an address that others can reach; needs the environment variable MAQUETTE_MCP_TOKEN,
                           which clients send as a bearer token

Over HTTP, pictures come as data or addresses and files as links: no path of this machine can be named.

${SERVER_HELP}`;

const LOGIN_HELP = `Usage: maquette login [--server URL] [--credentials FILE] [--json]

Checks the credentials against the server and keeps them (in the folder MAQUETTE_CONFIG, by default maquette in the
user's configuration folder, readable by the user only). FILE is JSON with devID, apiKey and refreshToken, as 'serve'
writes it and 'account create --json' prints it; '-' reads it from standard input. Without one, it asks.

${SERVER_HELP}`;

const LIST_HELP = `Usage: maquette list [--limit N] [--cursor C] [--json]

Lists the account's assets, newest first: requestID, time (UTC), status, version, triangles, name.

  --limit N                at most this many (default 20)
  --cursor C               the place where the page before ended
  --json                   everything that the API says, as JSON

${SERVER_HELP}`;

const GET_HELP = `Usage: maquette get REQUEST_ID [-o DIR] [--format F] [--iteration N] [--json]

Shows an asset and the links to its files, which work for an hour.

  -o, --out DIR            download the files
  --format F               only these: glb, gltf, obj, mtl, fbx, usdz, stl, zip, preview, texture; repeated or joined by commas
  --iteration N            an older version
  --json                   everything that the API says, as JSON

Exit code: 3 if the asset was refused (the sentence says why).

${SERVER_HELP}`;

const WATCH_HELP = `Usage: maquette watch REQUEST_ID [-o DIR] [--json]

Shows the progress until the newest version has ended. Ctrl-C ends the command, not the asset.

  -o, --out DIR            download the files then
  --json                   everything that the API says, as JSON

Exit code: 0 made, 3 refused (the sentence says why), 1 anything else.

${SERVER_HELP}`;

const REVISE_HELP = `Usage: maquette revise REQUEST_ID [WISHES] [options]

Makes a new version of an asset; older ones stay. WISHES are words such as '120 cm tall, half the polygons'; what is not
understood is refused with a list of what is. Options of 'maquette make' say the same more exactly:
  --quality --polycount --height --width --depth --topology --pivot --texture-size --lods --collision --compression --seed

  --image FILE             a new picture; may be repeated. Also --front, --right, --back, --left, --top, --bottom
  --add                    add the pictures to the former ones instead of replacing those
  -o, --out DIR            download the files then
  --no-wait                do not wait until it is done
  --json                   everything that the API says, as JSON

${SERVER_HELP}`;

const WEBHOOKS_HELP = `Usage: maquette webhooks listen [--port N [--path P] | --forward URL] [--json]

Takes the messages about finished assets from the server and sends them to a program on this machine, byte for byte and
signed as webhooks are: for developing a receiver. The server needs no way to this machine and registers nothing.

  --port N                 forward to http://127.0.0.1:N
  --path P                 the path there
  --forward URL            forward to this address of this machine
  --json                   one line of JSON a message: id, the receiver's status, the message

${SERVER_HELP}`;

const COMPLETION_HELP = `Usage: maquette completion bash|zsh|fish

Prints a script for the shell to read:
  bash    eval "$(maquette completion bash)"
  zsh     eval "$(maquette completion zsh)"
  fish    maquette completion fish | source`;

export const BACKUP_HELP = `Usage
  maquette backup DIR     copy rows, files and the master key into DIR, also while the server runs; again into the same
                          DIR, only new files are copied. Whoever can read DIR can read everything: keep it safe
  maquette restore DIR    put a backup into an empty installation, embedded or scaled; its server must not run
  maquette move           copy the embedded installation in MAQUETTE_DATA to DATABASE_URL and S3; stop its server first

Each takes --json, which prints {"rows", "files", "gone"}: how many were copied, and how many files were deleted with
their request while the copy was made. The environment says which installation, as for 'maquette serve'. What waited or ran is done again after a restore.`;

const KEY_HELP = `Usage: maquette key exchange [--json]

Makes a new master key (server.key in the data folder) and seals every webhook secret under it; stop the server first. With
MAQUETTE_KEY set, stop all servers, and set MAQUETTE_NEW_KEY to the key that takes over (openssl rand -base64 32).
Accounts, API keys, refresh tokens and webhook secrets stay as they are. JWTs and download links from before are void.
--json prints {"secrets"}: how many were sealed anew.`;

/** The help of each command. */
export const HELPS: Readonly<Record<string, string>> = {
  make: MAKE_HELP,
  inspect: INSPECT_HELP,
  finish: FINISH_HELP,
  serve: SERVE_HELP,
  account: ACCOUNT_HELP,
  backup: BACKUP_HELP,
  restore: BACKUP_HELP,
  move: BACKUP_HELP,
  key: KEY_HELP,
  login: LOGIN_HELP,
  list: LIST_HELP,
  get: GET_HELP,
  watch: WATCH_HELP,
  revise: REVISE_HELP,
  webhooks: WEBHOOKS_HELP,
  mcp: MCP_HELP,
  completion: COMPLETION_HELP,
};
