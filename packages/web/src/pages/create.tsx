import { useState } from "react";
import { useSearchParams } from "react-router";
import { formatNumber } from "../format.ts";
import { t } from "../strings.ts";
import { Button, LinkButton } from "../ui/button.tsx";
import { BelongingFields, NameFields } from "../ui/details.tsx";
import { Checkbox } from "../ui/field.tsx";
import { useMaking } from "../ui/making.ts";
import { MoreOptions, POLYCOUNTS, PolycountField, QualityChoice, SizeFields } from "../ui/options.tsx";
import { Card, Notice, Page } from "../ui/page.tsx";
import { appendPictures, PicturePicker, PictureProblems, usePictures } from "../ui/pictures.tsx";
import { useExceeded } from "../ui/quota.ts";

export function Create() {
  const [query] = useSearchParams();
  const chosen = usePictures();
  const { pictures } = chosen;
  const [test, setTest] = useState(false);
  const { options, change, details, changeDetails, make, submit } = useMaking(
    "/requests",
    (form) => {
      appendPictures(form, pictures);
      if (test) form.append("test", "true");
    },
    { projectID: query.get("projectID") ?? "" },
  );
  const full = useExceeded();
  return (
    <Page
      title={t.create.title}
      actions={
        <LinkButton to="/finish" look="quiet">
          {t.finish.link}
        </LinkButton>
      }
    >
      <form onSubmit={submit} className="create">
        <div className="create-pictures">
          <Card title={t.create.pictures}>
            <PicturePicker of={chosen} />
          </Card>
        </div>
        <Card title={t.create.detailsTitle} className="create-details">
          <div className="form">
            <QualityChoice value={options.LoQ} onChange={(LoQ) => change({ LoQ })} />
            <NameFields details={details} onChange={changeDetails} />
            <SizeFields options={options} onChange={change} />
            <PolycountField
              options={options}
              placeholder={formatNumber(POLYCOUNTS[options.LoQ || "standard"])}
              onChange={change}
            />
            <BelongingFields details={details} onChange={changeDetails} />
            <MoreOptions options={options} unset={t.create.byQuality} onChange={change} />
            <Checkbox
              label={t.create.test}
              help={t.create.testHelp}
              checked={test}
              onChange={(event) => setTest(event.target.checked)}
            />
            {full && !test && <Notice kind="warn">{full}</Notice>}
            <PictureProblems of={chosen} test={test} />
            {make.error && <Notice kind="bad">{make.error.message}</Notice>}
            <div className="form-actions">
              <Button
                look="primary"
                type="submit"
                busy={make.isPending}
                disabled={pictures.length === 0 || chosen.twice !== null}
              >
                {t.create.submit}
              </Button>
              {pictures.length === 0 && <span className="soft">{t.create.needPicture}</span>}
            </div>
          </div>
        </Card>
      </form>
    </Page>
  );
}
