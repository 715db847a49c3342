import { useProjects, useStudios } from "../api/queries.ts";
import { t } from "../strings.ts";

/** Styles to choose from. Every account and every studio has one of the same name, so a studio's says whose it is. */
export function useProjectChoices(): { value: string; label: string }[] {
  const projects = useProjects().data ?? [];
  const studios = useStudios().data ?? [];
  return projects.map(({ projectID, name, studioID }) => {
    const studio = studios.find((one) => one.studioID === studioID)?.name;
    return { value: projectID, label: studio ? t.create.projectOf(name, studio) : name };
  });
}
