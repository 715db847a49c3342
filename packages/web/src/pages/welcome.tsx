import { Sparkles } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { ask } from "../api/client.ts";
import { keys, useAction } from "../api/queries.ts";
import type { Me } from "../api/types.ts";
import { makeSample, SAMPLE } from "../sample.ts";
import { t } from "../strings.ts";
import { Button, LinkButton } from "../ui/button.tsx";
import { Checkbox, TextField } from "../ui/field.tsx";
import { Card, Page } from "../ui/page.tsx";
import { sayProblem } from "../ui/toast.tsx";

/** The first visit: a password, then something to see. */
export function Welcome({ me }: { me: Me }) {
  return (
    <Page title={t.welcome.title} intro={me.password === "none" ? t.welcome.intro : undefined} narrow>
      {me.password === "none" ? <ChoosePassword me={me} /> : <Sample />}
    </Page>
  );
}

function ChoosePassword({ me }: { me: Me }) {
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const save = useAction(() => ask("POST", "/password", { password }), [keys.me]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined);
  };
  return (
    <Card>
      <form onSubmit={submit} className="form">
        <TextField label={t.welcome.email} value={me.email} readOnly autoComplete="username" />
        <TextField
          label={t.welcome.password}
          type={shown ? "text" : "password"}
          autoComplete="new-password"
          minLength={10}
          maxLength={200}
          required
          help={t.welcome.rule}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          problem={save.error?.message}
        />
        <Checkbox label={t.welcome.show} checked={shown} onChange={(event) => setShown(event.target.checked)} />
        <div className="form-actions">
          <Button look="primary" type="submit" busy={save.isPending}>
            {t.welcome.submit}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Sample() {
  const navigate = useNavigate();
  const make = useAction(makeSample, [keys.library]);
  const start = () =>
    make.mutate(undefined, {
      onSuccess: ({ requestID }) => navigate(`/assets/${requestID}`),
      onError: sayProblem,
    });
  return (
    <Card title={t.welcome.sampleTitle}>
      <p className="soft">{t.welcome.sampleIntro}</p>
      <div className="sample-pictures">
        {SAMPLE.map(({ view, url }) => (
          <img key={view} src={url} alt={t.welcome.sampleAlt(view)} width="256" height="256" />
        ))}
      </div>
      <div className="form-actions">
        <Button look="primary" icon={<Sparkles />} busy={make.isPending} onClick={start}>
          {t.welcome.sampleButton}
        </Button>
        <LinkButton to="/create">{t.welcome.own}</LinkButton>
        <LinkButton to="/" look="quiet">
          {t.welcome.later}
        </LinkButton>
      </div>
    </Card>
  );
}
