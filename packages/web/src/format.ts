const NUMBER = new Intl.NumberFormat("en");
const DATE_TIME = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const DATE = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const UTC_DATE = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export const formatNumber = (value: number): string => NUMBER.format(value);
export const formatTime = (iso: string): string => DATE_TIME.format(new Date(iso));
export const formatDay = (iso: string): string => DATE.format(new Date(iso));
/** Of what ends with a day in UTC, wherever one is. */
export const formatUtcDay = (iso: string): string => UTC_DATE.format(new Date(iso));

export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let value = bytes;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  return `${value >= 100 || at === 0 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}

export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** "5 minutes ago". */
export function formatAgo(iso: string, now = Date.now()): string {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1000);
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ];
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return RELATIVE.format(Math.round(seconds / length), unit);
  }
  return RELATIVE.format(seconds > -5 ? 0 : seconds, "second");
}

export const formatPercent = (share: number): string => `${Math.round(share * 100)}\u00a0%`;

/** The unit stays on the line of the last length. */
export function formatSize({ height, width, depth }: { height: number; width: number; depth: number }): string {
  return `${[height, width, depth].map((cm) => formatCentimetres(cm).replace(" cm", "")).join(" × ")}\u00a0cm`;
}

export function formatCentimetres(cm: number): string {
  return `${cm >= 100 ? Math.round(cm) : cm.toPrecision(3).replace(/\.?0+$/, "")} cm`;
}
