/*
 * Drafts that save themselves. Load it (block `js`, defer) on pages with such a form:
 *
 *   <form method="post" data-autosave="/address/" data-autosave-status="save-state">
 *   <p class="save-state" id="save-state" role="status" data-saving="Saving…" data-saved="Saved at {time}"
 *      data-offline="Not saved yet; we try again." data-conflict="This draft was changed in another window."></p>
 *
 * The form is posted to that address as it stands (files left out) 1.5 s after the last key, and when the
 * page is left. Headers: X-Autosave: 1. Answers: 200 or 204 saved (JSON {"version": n} is written into
 * the input named `version`, which guards two windows editing one draft), 409 conflict (saving stops and
 * the person is told), 422 not as it stands (told with data-refused where the page has it, and tried again
 * after the next key), anything else is tried again. After each saving the form sends the event `autosaved`. Without scripts "Save and continue" does the same.
 */
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const status = document.getElementById(form.dataset.autosaveStatus);
  let timer = 0;
  let dirty = false;
  let saving = false;
  let stopped = false;
  let held = false; // the button (or null) of a submit that waits for a save under way

  const say = (state) => {
    if (!status) return;
    const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date());
    status.dataset.state = state;
    status.textContent = (status.dataset[state] ?? "").replace("{time}", time);
  };

  const body = () => {
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    return data;
  };

  const later = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  };

  async function save() {
    if (!dirty || stopped) return;
    if (saving) return later(500);
    saving = true;
    dirty = false;
    say("saving");
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: body(), headers: { "X-Autosave": "1" }, redirect: "error" });
      if (answer.status === 409) {
        stopped = true;
        say("conflict");
      } else if (answer.status === 422 && status?.dataset.refused) {
        say("refused");
      } else if (answer.ok) {
        if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
          const { version } = await answer.json();
          if (version !== undefined && form.elements.version) form.elements.version.value = version;
        }
        say("saved");
        form.dispatchEvent(new CustomEvent("autosaved"));
      } else {
        throw new Error(answer.status);
      }
    } catch {
      dirty = true;
      say("offline");
      later(8000);
    } finally {
      saving = false;
      if (held !== false) {
        const button = held;
        held = false;
        form.requestSubmit(button);
      }
    }
  }

  form.addEventListener("input", () => { dirty = true; later(1500); });
  form.addEventListener("change", () => { dirty = true; later(400); });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    // Sent now it would carry an old version, and look like a second window's.
    if (saving) {
      held = event.submitter;
      event.preventDefault();
    } else {
      stopped = true;
    }
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) stopped = false; });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && dirty && !stopped) {
      dirty = false;
      fetch(form.dataset.autosave, { method: "POST", body: body(), headers: { "X-Autosave": "1" }, keepalive: true }).catch(() => { dirty = true; });
    }
  });
}
