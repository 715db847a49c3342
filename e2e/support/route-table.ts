import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { FastifyInstance } from "fastify";

export interface RouteEntry {
  method: string;
  /** With `:name` for each parameter. */
  url: string;
}

/** Starts a server and notes every route that it has, documented or not: Fastify says when an app is made. */
export async function withRouteTable<T>(start: () => Promise<T>): Promise<{ started: T; routes: RouteEntry[] }> {
  const routes: RouteEntry[] = [];
  const note = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook("onRoute", ({ method, url }) => {
      for (const name of [method].flat()) routes.push({ method: name, url });
    });
  };
  subscribe("fastify.initialization", note);
  try {
    return { started: await start(), routes };
  } finally {
    unsubscribe("fastify.initialization", note);
  }
}
