import { Boxes, CircleUserRound, LogOut, Monitor, Moon, Palette, Plus, Server, Settings, Sun } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { NavLink, useLocation, useNavigate } from "react-router";
import { ask } from "./api/client.ts";
import { useLive } from "./api/live.ts";
import { queryClient } from "./api/queries.ts";
import type { Me } from "./api/types.ts";
import { t } from "./strings.ts";
import { setTheme, type Theme, useTheme } from "./theme.ts";
import { Menu } from "./ui/menu.tsx";
import { sayProblem } from "./ui/toast.tsx";

const THEME_ICONS: Record<Theme, ReactNode> = { system: <Monitor />, light: <Sun />, dark: <Moon /> };

/** The frame of all pages of somebody who is signed in. */
export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  useLive(true);
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // A new page begins at its top, and screen readers begin there.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change of page that counts.
  useEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [pathname]);

  const links = [
    { to: "/", label: t.nav.library, icon: <Boxes /> },
    { to: "/create", label: t.nav.create, icon: <Plus /> },
    { to: "/projects", label: t.nav.projects, icon: <Palette /> },
    { to: "/settings", label: t.nav.settings, icon: <Settings /> },
    ...(me.operator ? [{ to: "/operator", label: t.nav.operator, icon: <Server /> }] : []),
  ];
  return (
    <>
      <a className="skip" href="#content">
        {t.skip}
      </a>
      <header className="bar">
        <NavLink to="/" className="brand" aria-label={t.brand}>
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>{t.brand}</span>
        </NavLink>
        <nav className="nav" aria-label={t.nav.label}>
          {links.map(({ to, label, icon }) => (
            <NavLink key={to} to={to} end={to === "/"} className="nav-link">
              {icon}
              <span>{label}</span>
            </NavLink>
          ))}
        </nav>
        <AccountMenu me={me} />
      </header>
      <main id="content" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function AccountMenu({ me }: { me: Me }) {
  const theme = useTheme();
  const navigate = useNavigate();
  const signOut = async () => {
    try {
      await ask("POST", "/sign-out");
      navigate("/sign-in", { state: { ended: true } });
      queryClient.clear();
    } catch (error) {
      sayProblem(error);
    }
  };
  return (
    <Menu
      trigger={
        <button type="button" className="icon-button" aria-label={t.nav.account} title={t.nav.account}>
          <CircleUserRound />
        </button>
      }
      items={[
        t.nav.signedInAs(me.email),
        { label: t.settings.tabs.account, icon: <CircleUserRound />, to: "/settings/account" },
        t.nav.theme,
        ...(["system", "light", "dark"] as const).map((choice) => ({
          label: t.nav.themes[choice],
          icon: THEME_ICONS[choice],
          checked: theme === choice,
          onSelect: () => setTheme(choice),
        })),
        { label: t.nav.signOut, icon: <LogOut />, onSelect: () => void signOut() },
      ]}
    />
  );
}
