import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { queryClient } from "./api/queries.ts";
import { App } from "./app.tsx";
import { showTheme } from "./theme.ts";
import { Toasts } from "./ui/toast.tsx";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/pages.css";

showTheme();
createRoot(document.getElementById("app")!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <BrowserRouter>
        <App />
      </BrowserRouter>
      <Toasts />
    </QueryClientProvider>
  </StrictMode>,
);
