import { lazy, Suspense, useEffect } from "react";
import { Navigate, Route, Routes, useLocation, useNavigate } from "react-router";
import { Problem, session } from "./api/client.ts";
import { queryClient, useMe } from "./api/queries.ts";
import { Library } from "./pages/library.tsx";
import { SignIn } from "./pages/sign-in.tsx";
import { Shell } from "./shell.tsx";
import { t } from "./strings.ts";
import { Boundary } from "./ui/boundary.tsx";
import { Button, LinkButton } from "./ui/button.tsx";
import { Empty, Loading, Page } from "./ui/page.tsx";

const Welcome = lazy(async () => ({ default: (await import("./pages/welcome.tsx")).Welcome }));
const Create = lazy(async () => ({ default: (await import("./pages/create.tsx")).Create }));
const Finish = lazy(async () => ({ default: (await import("./pages/finish.tsx")).Finish }));
const AssetPage = lazy(async () => ({ default: (await import("./pages/asset.tsx")).AssetPage }));
const Compare = lazy(async () => ({ default: (await import("./pages/compare.tsx")).Compare }));
const Projects = lazy(async () => ({ default: (await import("./pages/projects.tsx")).Projects }));
const Settings = lazy(async () => ({ default: (await import("./pages/settings.tsx")).Settings }));
const Operator = lazy(async () => ({ default: (await import("./pages/operator.tsx")).Operator }));

export function App() {
  return (
    <Boundary page={useLocation().pathname}>
      <Frame />
    </Boundary>
  );
}

function Frame() {
  const navigate = useNavigate();
  const location = useLocation();
  const signingIn = location.pathname === "/sign-in";
  const me = useMe(!signingIn);
  useEffect(() => {
    session.onLost = () => {
      if (signingIn) return;
      queryClient.clear();
      navigate("/sign-in", { state: { from: location.pathname + location.search } });
    };
  }, [navigate, location, signingIn]);

  if (signingIn) return <SignIn />;
  if (me.isPending) return <Loading />;
  if (me.error) {
    if (me.error instanceof Problem && me.error.status === 401) {
      return <Navigate to="/sign-in" state={{ from: location.pathname + location.search }} replace />;
    }
    return (
      <Empty title={t.problems.page} help={me.error.message}>
        <Button onClick={() => void me.refetch()}>{t.retry}</Button>
      </Empty>
    );
  }
  // Whoever came by a one-time link and has no password yet sets one first.
  if (me.data.password === "none" && location.pathname !== "/welcome") return <Navigate to="/welcome" replace />;
  return (
    <Shell me={me.data}>
      <Boundary page={location.pathname}>
        <Suspense fallback={<Loading />}>
          <Routes>
            <Route path="/" element={<Library />} />
            <Route path="/welcome" element={<Welcome me={me.data} />} />
            <Route path="/create" element={<Create />} />
            <Route path="/finish" element={<Finish />} />
            <Route path="/assets/:requestID" element={<AssetPage />} />
            <Route path="/assets/:requestID/compare" element={<Compare />} />
            <Route path="/projects" element={<Projects />} />
            <Route path="/settings/*" element={<Settings me={me.data} />} />
            <Route path="/operator" element={<Operator />} />
            <Route
              path="*"
              element={
                <Page title={t.problems.unknownPage}>
                  <Empty title={t.problems.unknownPage} help={t.problems.unknownPageHelp}>
                    <LinkButton to="/" look="primary">
                      {t.problems.toLibrary}
                    </LinkButton>
                  </Empty>
                </Page>
              }
            />
          </Routes>
        </Suspense>
      </Boundary>
    </Shell>
  );
}
