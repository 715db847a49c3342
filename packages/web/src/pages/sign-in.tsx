import { type FormEvent, useState } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { ask } from "../api/client.ts";
import { keys, queryClient, useAction } from "../api/queries.ts";
import { t } from "../strings.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { Notice, useTitle } from "../ui/page.tsx";

export function SignIn() {
  useTitle(t.signIn.title);
  const navigate = useNavigate();
  const state = useLocation().state as { from?: string; ended?: boolean } | null;
  const [query] = useSearchParams();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useAction(() => ask("POST", "/sessions", { email, password }));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    await signIn.mutateAsync(undefined);
    await queryClient.resetQueries({ queryKey: keys.me });
    navigate(state?.from ?? "/", { replace: true });
  };
  return (
    <main className="alone" id="content">
      <div className="alone-brand">
        <img src="/icon.svg" alt="" width="48" height="48" />
        <span>{t.brand}</span>
      </div>
      <form className="card alone-card" onSubmit={(event) => void submit(event).catch(() => {})}>
        <h1>{t.signIn.title}</h1>
        <p className="soft">{t.signIn.intro}</p>
        {query.has("problem") && <Notice kind="warn">{t.signIn.linkProblem}</Notice>}
        {state?.ended && <Notice kind="info">{t.signIn.ended}</Notice>}
        <TextField
          label={t.signIn.email}
          type="text"
          inputMode="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label={t.signIn.password}
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          problem={signIn.error?.message}
        />
        <Button look="primary" type="submit" busy={signIn.isPending}>
          {t.signIn.submit}
        </Button>
        <details className="forgot">
          <summary>{t.signIn.forgot}</summary>
          <p>{t.signIn.forgotHelp}</p>
          <code>{t.signIn.forgotCommand}</code>
        </details>
      </form>
    </main>
  );
}
