import { Navigate, NavLink, Route, Routes } from "react-router";
import type { Me } from "../api/types.ts";
import { t } from "../strings.ts";
import { Page } from "../ui/page.tsx";
import { AccountSettings } from "./settings/account.tsx";
import { KeySettings } from "./settings/keys.tsx";
import { StudioSettings } from "./settings/studios.tsx";
import { UsageSettings } from "./settings/usage.tsx";
import { WebhookSettings } from "./settings/webhooks.tsx";

export function Settings({ me }: { me: Me }) {
  return (
    <Page title={t.settings.title}>
      <div className="settings">
        <nav className="settings-nav" aria-label={t.settings.title}>
          {Object.entries(t.settings.tabs).map(([path, label]) => (
            <NavLink key={path} to={`/settings/${path}`} className="nav-link">
              {label}
            </NavLink>
          ))}
        </nav>
        <div className="settings-content">
          <Routes>
            <Route index element={<Navigate to="/settings/account" replace />} />
            <Route path="account" element={<AccountSettings me={me} />} />
            <Route path="keys" element={<KeySettings me={me} />} />
            <Route path="webhooks" element={<WebhookSettings />} />
            <Route path="studios" element={<StudioSettings me={me} />} />
            <Route path="usage" element={<UsageSettings />} />
          </Routes>
        </div>
      </div>
    </Page>
  );
}
