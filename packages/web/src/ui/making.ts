import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { ask } from "../api/client.ts";
import { keys, useAction } from "../api/queries.ts";
import { t } from "../strings.ts";
import { appendDetails, type Details, NO_DETAILS } from "./details.tsx";
import { appendOptions, NO_OPTIONS, type OptionFields } from "./options.tsx";
import { say } from "./toast.tsx";

/**
 * What a form that makes an asset holds and does: options, details, and a request to `path` that leads to the asset's page.
 * @param append puts what this form has besides into the request
 */
export function useMaking(path: string, append: (form: FormData) => void, given: Partial<Details> = {}) {
  const navigate = useNavigate();
  const [options, setOptions] = useState<OptionFields>({ ...NO_OPTIONS, LoQ: "standard" });
  const [details, setDetails] = useState<Details>({ ...NO_DETAILS, ...given });
  const make = useAction(async () => {
    const form = new FormData();
    append(form);
    appendOptions(form, options);
    appendDetails(form, details);
    return ask<{ requestID: string }>("POST", path, form);
  }, [keys.library, keys.tags, keys.me]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate(undefined, {
      onSuccess: ({ requestID }) => {
        say(t.create.made);
        navigate(`/assets/${requestID}`);
      },
    });
  };
  return {
    options,
    change: (part: Partial<OptionFields>) => setOptions((before) => ({ ...before, ...part })),
    details,
    changeDetails: (part: Partial<Details>) => setDetails((before) => ({ ...before, ...part })),
    make,
    submit,
  };
}
