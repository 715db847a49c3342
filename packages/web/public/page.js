for (const span of document.querySelectorAll("[data-origin]")) span.textContent = location.origin;

for (const check of ["healthz", "readyz"]) {
  const field = document.getElementById(check);
  fetch(`/${check}`)
    .then(async (response) => {
      const { status, message } = await response.json();
      field.textContent = response.ok ? status : message;
      field.dataset.state = response.ok ? "good" : "bad";
    })
    .catch(() => {
      field.textContent = "no answer";
      field.dataset.state = "bad";
    });
}
