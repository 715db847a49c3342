import { COMMANDS } from "./commands.ts";
import { EXIT, UsageError } from "./usage.ts";

const SHELLS = { bash, zsh, fish };

/** `maquette completion SHELL`: prints the script that completes commands and options. */
export async function completion(args: string[]): Promise<number> {
  const [shell] = args;
  const write = SHELLS[shell as keyof typeof SHELLS];
  if (!write) {
    throw new UsageError(`the shell is '${shell ?? ""}'; expected one of ${Object.keys(SHELLS).join(", ")}`);
  }
  console.log(write());
  return EXIT.ok;
}

/** Values that an option can have, where they are few. */
const VALUES: Record<string, readonly string[]> = {
  quality: ["standard", "high", "ultra"],
  topology: ["quad", "triangle"],
  pivot: ["center", "base"],
  "texture-size": ["256", "512", "1024", "2048", "4096"],
  up: ["y", "z", "x", "-y", "-z", "-x"],
  role: ["all", "api", "worker"],
};

const flags = (name: string) => Object.keys(COMMANDS[name]!.options).map((option) => `--${option}`);

function bash(): string {
  const cases = Object.entries(COMMANDS).map(
    ([name, { actions }]) => `    ${name}) words="${[...(actions ?? []), ...flags(name)].join(" ")}" ;;`,
  );
  const values = Object.entries(VALUES).map(
    ([option, words]) => `    --${option}) COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current")); return ;;`,
  );
  return `_maquette() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${Object.keys(COMMANDS).join(" ")}" -- "$current"))
    return
  fi
  case "$previous" in
${values.join("\n")}
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _maquette maquette`;
}

function zsh(): string {
  return `#compdef maquette
autoload -U +X bashcompinit && bashcompinit
${bash()}`;
}

function fish(): string {
  const first = `not __fish_seen_subcommand_from ${Object.keys(COMMANDS).join(" ")}`;
  const lines = Object.entries(COMMANDS).flatMap(([name, { summary, actions, options }]) => {
    const seen = `__fish_seen_subcommand_from ${name}`;
    return [
      `complete -c maquette -n '${first}' -f -a ${name} -d '${summary.replaceAll("'", "\\'")}'`,
      ...(actions ? [`complete -c maquette -n '${seen}' -f -a '${actions.join(" ")}'`] : []),
      ...Object.entries(options).map(([option, { type }]) => {
        const words = VALUES[option];
        const takes = type === "boolean" ? "" : words ? ` -x -a '${words.join(" ")}'` : " -r";
        return `complete -c maquette -n '${seen}' -l ${option}${takes}`;
      }),
    ];
  });
  return lines.join("\n");
}
