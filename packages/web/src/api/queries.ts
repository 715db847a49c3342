import { QueryClient, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { catchUp } from "./changes.ts";
import { ask, Problem } from "./client.ts";
import type {
  Asset,
  AuditEvent,
  Delivery,
  Destination,
  Generators,
  Installation,
  IterationDetail,
  Me,
  Member,
  Project,
  Session,
  Studio,
  Usage,
} from "./types.ts";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (count, error) => count < 2 && !(error instanceof Problem && error.status >= 400 && error.status < 500),
    },
  },
});

export const keys = {
  me: ["me"] as const,
  library: ["library"] as const,
  tags: ["tags"] as const,
  asset: (id: string) => ["asset", id] as const,
  iteration: (id: string, number: string) => ["asset", id, number] as const,
  projects: ["projects"] as const,
  generators: ["generators"] as const,
  studios: ["studios"] as const,
  members: (id: string) => ["members", id] as const,
  destinations: ["destinations"] as const,
  deliveries: ["deliveries"] as const,
  sessions: ["sessions"] as const,
  events: ["audit-events"] as const,
  usage: (studio: string | null) => ["usage", studio] as const,
  operator: ["operator"] as const,
};

export const useMe = (enabled = true) =>
  useQuery({ queryKey: keys.me, queryFn: () => ask<Me>("GET", "/me"), staleTime: 60_000, enabled });

export const useAsset = (id: string) =>
  useQuery({ queryKey: keys.asset(id), queryFn: async () => catchUp(await ask<Asset>("GET", `/requests/${id}`)) });

/** Links in it last an hour, so it is asked for again well before. */
export const useIteration = (id: string, number: string | undefined) =>
  useQuery({
    queryKey: keys.iteration(id, number ?? "none"),
    queryFn: () => ask<IterationDetail>("GET", `/requests/${id}/iterations/${number}`),
    enabled: number !== undefined,
    refetchInterval: 40 * 60_000,
  });

export const useProjects = () =>
  useQuery({
    queryKey: keys.projects,
    queryFn: async () => (await ask<{ projects: Project[] }>("GET", "/projects")).projects,
  });

/** Who can make shapes: settings of the server, which change with a restart. */
export const useGenerators = () =>
  useQuery({
    queryKey: keys.generators,
    queryFn: () => ask<Generators>("GET", "/generators"),
    staleTime: 10 * 60_000,
  });

export const useStudios = () =>
  useQuery({
    queryKey: keys.studios,
    queryFn: async () => (await ask<{ studios: Studio[] }>("GET", "/studios")).studios,
  });

export const useMembers = (studioID: string) =>
  useQuery({
    queryKey: keys.members(studioID),
    queryFn: async () => (await ask<{ members: Member[] }>("GET", `/studios/${studioID}/members`)).members,
  });

export const useTags = () =>
  useQuery({
    queryKey: keys.tags,
    queryFn: async () => (await ask<{ tags: { tag: string; assets: number }[] }>("GET", "/tags")).tags,
  });

export const useDestinations = () =>
  useQuery({
    queryKey: keys.destinations,
    queryFn: async () => (await ask<{ destinations: Destination[] }>("GET", "/destinations")).destinations,
    refetchInterval: 10_000,
  });

/** A list that is read further and further back. */
function useLog<Page extends { nextCursor: string | null }>(
  queryKey: readonly unknown[],
  path: string,
  refetchInterval: number | false,
) {
  return useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => ask<Page>("GET", pageParam ? `${path}&cursor=${encodeURIComponent(pageParam)}` : path),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval,
  });
}

export const useDeliveries = (state: string) =>
  useLog<{ deliveries: Delivery[]; nextCursor: string | null }>(
    [...keys.deliveries, state],
    `/deliveries?limit=50${state ? `&state=${state}` : ""}`,
    4000,
  );

export const useSessions = () =>
  useQuery({
    queryKey: keys.sessions,
    queryFn: async () => (await ask<{ sessions: Session[] }>("GET", "/sessions")).sessions,
  });

export const useAuditEvents = () =>
  useLog<{ events: AuditEvent[]; nextCursor: string | null }>(keys.events, "/audit-events?limit=30", false);

export const useUsage = (studioID: string | null) =>
  useQuery({
    queryKey: keys.usage(studioID),
    queryFn: () => ask<Usage>("GET", `/usage${studioID ? `?studioID=${studioID}` : ""}`),
  });

export const useInstallation = () =>
  useQuery({ queryKey: keys.operator, queryFn: () => ask<Installation>("GET", "/operator"), refetchInterval: 3000 });

/** Something that changes things: what it may have changed is asked for again when it is done. */
export function useAction<Given, Answer = unknown>(
  act: (given: Given) => Promise<Answer>,
  changes: readonly (readonly unknown[])[] = [],
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => Promise.all(changes.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
