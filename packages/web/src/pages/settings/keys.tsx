import { Copy, KeyRound } from "lucide-react";
import { useState } from "react";
import { ask } from "../../api/client.ts";
import { keys, useAction } from "../../api/queries.ts";
import type { Me } from "../../api/types.ts";
import { t } from "../../strings.ts";
import { Button } from "../../ui/button.tsx";
import { CopyValue, copyText } from "../../ui/copy.tsx";
import { Confirm, Dialog } from "../../ui/dialog.tsx";
import { Card, Notice, useTitle } from "../../ui/page.tsx";

const text = t.settings.keys;

type Kind = "apiKey" | "secret" | "refreshToken";
const PATHS: Record<Kind, string> = { apiKey: "api-key", secret: "secret", refreshToken: "refresh-token" };
const HELP: Record<Kind, string> = {
  apiKey: text.apiKeyHelp,
  secret: text.secretHelp,
  refreshToken: text.refreshTokenHelp,
};

/** As the specification tells it: Copy makes a new value and voids the former one, and says so before it happens. */
export function KeySettings({ me }: { me: Me }) {
  useTitle(text.title);
  const [asking, setAsking] = useState<Kind | null>(null);
  const [made, setMade] = useState<{ kind: Kind; value: string } | null>(null);
  const rotate = useAction(
    (kind: Kind) => ask<{ value: string }>("POST", `/credentials/${PATHS[kind]}`),
    [keys.events],
  );
  const replace = (kind: Kind) =>
    rotate.mutate(kind, {
      onSuccess: async ({ value }) => {
        await copyText(value);
        setAsking(null);
        setMade({ kind, value });
      },
    });
  return (
    <>
      <Card title={text.title}>
        <p className="soft card-intro">{text.intro}</p>
        <ul className="rows">
          <li className="row">
            <div className="row-text">
              <strong>{text.address}</strong>
              <span className="soft">{text.addressHelp}</span>
            </div>
            <CopyValue value={location.origin} label={text.address} />
          </li>
          <li className="row">
            <div className="row-text">
              <strong>{text.devId}</strong>
              <span className="soft">{text.devIdHelp}</span>
            </div>
            <CopyValue value={me.devID} label={text.devId} />
          </li>
        </ul>
        <div className="key-warning">
          <Notice kind="warn">{text.warning}</Notice>
        </div>
        <ul className="rows">
          {(Object.keys(PATHS) as Kind[]).map((kind) => (
            <li key={kind} className="row">
              <div className="row-text">
                <strong>{text[kind]}</strong>
                <span className="soft">{HELP[kind]}</span>
              </div>
              <span className="key-hidden">
                <span className="soft">
                  <KeyRound aria-hidden="true" /> {text.hidden}
                </span>
                <Button
                  icon={<Copy />}
                  aria-label={text.copyNewLabel(text[kind])}
                  onClick={() => {
                    rotate.reset();
                    setAsking(kind);
                  }}
                >
                  {text.copyNew}
                </Button>
              </span>
            </li>
          ))}
        </ul>
      </Card>
      <Confirm
        open={asking !== null}
        onClose={() => setAsking(null)}
        title={text.confirmTitle(asking ? text[asking] : "")}
        help={asking ? text.confirm[asking] : undefined}
        action={text.replace}
        danger
        busy={rotate.isPending}
        problem={rotate.error?.message ?? null}
        onConfirm={() => asking && replace(asking)}
      />
      {made && (
        <Dialog open onClose={() => setMade(null)} title={text.replaced(text[made.kind])} help={text.replacedHelp}>
          <p className="key-value">
            <CopyValue value={made.value} label={text.value} />
          </p>
          <div className="dialog-actions">
            <Button look="primary" onClick={() => setMade(null)}>
              {t.close}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
