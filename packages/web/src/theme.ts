import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "maquette-theme";
const listeners = new Set<() => void>();

export function theme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** Remembers the choice in this browser and shows it. */
export function setTheme(next: Theme): void {
  if (next === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  showTheme();
  for (const listener of listeners) listener();
}

export function showTheme(): void {
  const chosen = theme();
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, theme);
}

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Whether it is dark at the moment, for what CSS cannot colour. */
export function useDark(): boolean {
  const chosen = useTheme();
  const system = useSyncExternalStore(
    (listener) => {
      dark.addEventListener("change", listener);
      return () => dark.removeEventListener("change", listener);
    },
    () => dark.matches,
  );
  return chosen === "system" ? system : chosen === "dark";
}
