import { LogOut, UserMinus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { ask } from "../../api/client.ts";
import { keys, useAction, useMembers, useStudios } from "../../api/queries.ts";
import type { Me, Member, Role, Studio } from "../../api/types.ts";
import { t } from "../../strings.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { CopyValue } from "../../ui/copy.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { choicesOf, Select, TextField } from "../../ui/field.tsx";
import { Card, Loaded, useTitle } from "../../ui/page.tsx";
import { say, sayProblem } from "../../ui/toast.tsx";

const text = t.settings.studios;

export function StudioSettings({ me }: { me: Me }) {
  useTitle(text.title);
  const studios = useStudios();
  const [name, setName] = useState("");
  const add = useAction(() => ask("POST", "/studios", { name }), [keys.studios, keys.projects]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(undefined, {
      onSuccess: () => {
        setName("");
        say(text.made);
      },
    });
  };
  return (
    <>
      <Card title={text.title}>
        <p className="soft card-intro">
          {text.intro} {text.rolesHelp}
        </p>
        <form className="inline-form" onSubmit={submit}>
          <TextField
            label={text.name}
            required
            maxLength={128}
            value={name}
            problem={add.error?.message}
            onChange={(event) => setName(event.target.value)}
          />
          <Button look="primary" type="submit" busy={add.isPending}>
            {text.add}
          </Button>
        </form>
        {studios.data?.length === 0 && <p className="soft">{text.none}</p>}
      </Card>
      <Loaded query={studios}>
        {(list) => list.map((studio) => <StudioCard key={studio.studioID} studio={studio} me={me} />)}
      </Loaded>
    </>
  );
}

function StudioCard({ studio, me }: { studio: Studio; me: Me }) {
  const members = useMembers(studio.studioID);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const changed = [keys.members(studio.studioID), keys.studios];
  const path = `/studios/${studio.studioID}/members`;
  const add = useAction(() => ask("POST", path, { email, role }), changed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(undefined, {
      onSuccess: () => {
        setEmail("");
        say(text.added);
      },
    });
  };
  const manages = studio.role !== "editor";
  const roles = studio.role === "owner" ? text.roles : { editor: text.roles.editor };
  return (
    <Card title={studio.name} actions={<CopyValue value={studio.studioID} label={text.id} />}>
      <Loaded query={members}>
        {(list) => (
          <ul className="rows">
            {list.map((member) => (
              <MemberRow key={member.userID} studio={studio} member={member} me={me} changed={changed} />
            ))}
          </ul>
        )}
      </Loaded>
      {manages && (
        <form className="inline-form studio-add" onSubmit={submit}>
          <TextField
            label={text.email}
            required
            value={email}
            problem={add.error?.message}
            onChange={(event) => setEmail(event.target.value)}
          />
          <Select
            label={text.role}
            value={role}
            onChange={(event) => setRole(event.target.value as Role)}
            choices={choicesOf(roles)}
          />
          <Button type="submit" busy={add.isPending}>
            {text.addMember}
          </Button>
        </form>
      )}
    </Card>
  );
}

function MemberRow({
  studio,
  member,
  me,
  changed,
}: {
  studio: Studio;
  member: Member;
  me: Me;
  changed: readonly (readonly unknown[])[];
}) {
  const [asking, setAsking] = useState(false);
  const path = `/studios/${studio.studioID}/members/${member.userID}`;
  const change = useAction((role: string) => ask("PATCH", path, { role }), changed);
  const remove = useAction(() => ask("DELETE", path), [...changed, keys.library]);
  const self = member.userID === me.devID;
  const manages = studio.role === "owner" || (studio.role === "admin" && member.role === "editor");
  return (
    <li className="row">
      <div className="row-text">
        <strong>{member.email}</strong>
        {self && <span className="soft">{t.you}</span>}
      </div>
      <span className="row-actions">
        {studio.role === "owner" ? (
          <Select
            label={text.roleOf(member.email)}
            hideLabel
            value={member.role}
            onChange={(event) =>
              change.mutate(event.target.value, { onSuccess: () => say(text.changed), onError: sayProblem })
            }
            choices={choicesOf(text.roles)}
          />
        ) : (
          <span className="soft">{text.roles[member.role]}</span>
        )}
        {(self || manages) && (
          <IconButton
            label={self ? text.leave : text.removeLabel(member.email)}
            icon={self ? <LogOut /> : <UserMinus />}
            onClick={() => setAsking(true)}
          />
        )}
      </span>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={self ? text.leaveTitle : text.removeTitle(member.email)}
        action={self ? text.leave : t.remove}
        danger
        busy={remove.isPending}
        problem={remove.error?.message ?? null}
        onConfirm={() =>
          remove.mutate(undefined, {
            onSuccess: () => {
              setAsking(false);
              say(text.left);
            },
          })
        }
      />
    </li>
  );
}
