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
 * the person is told), 422 not as it stands (tried again after the next key), a redirect signed out, 404 gone,
 * 400 or 413 too much for one request; anything else is tried again. The page may have sentences for these
 * (data-refused, data-away, data-gone, data-large), else data-offline stands in. After each saving the form
 * sends the event `autosaved`. Without scripts "Save and continue" does the same.
 *
 * A button of the form saves this way first, and sends the form only once the site has answered: a page of
 * the browser that says "no connection" would take what was typed with it.
 */
// So much text fits surely into what a browser goes on sending after its page is left (64 KB).
const LIGHT = 15000;
const ANSWERS = { 400: "large", 403: "away", 404: "gone", 409: "conflict", 413: "large", 422: "refused" };

for (const form of document.querySelectorAll("form[data-autosave]")) {
  const status = document.getElementById(form.dataset.autosaveStatus);
  let timer = 0;
  let state = "";
  let dirty = false;
  let saving = false;
  let stopped = false;
  let leaving = false;
  let held = false; // the button (or null) of a submit that waits for a save
  let unanswered = null;

  const say = (word) => {
    state = word;
    if (!status) return;
    const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date());
    status.dataset.state = word;
    status.textContent = (status.dataset[word] ?? status.dataset.offline ?? "").replace("{time}", time);
  };

  const body = () => {
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    return data;
  };

  const isLight = () => [...body().values()].reduce((sum, value) => sum + value.length, 0) < LIGHT;

  const later = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  };

  // Whoever signed in again in another window has another token now; this page's own would be turned away.
  const renew = async () => {
    const answer = await fetch(location.href, { redirect: "manual" });
    const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const token = page?.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (token) for (const field of document.getElementsByName("csrfmiddlewaretoken")) field.value = token;
    return token;
  };

  // What became of it; from "saved", "conflict" and "refused" a page can go on.
  const deliver = async (data) => {
    unanswered = data;
    const post = () => fetch(form.dataset.autosave, { method: "POST", body: data, headers: { "X-Autosave": "1" }, redirect: "manual", keepalive: isLight() });
    let answer = await post();
    const token = answer.status === 403 && (await renew());
    if (token) {
      data.set("csrfmiddlewaretoken", token);
      answer = await post();
    }
    const found = answer.ok ? "saved" : answer.type === "opaqueredirect" ? "away" : ANSWERS[answer.status] ?? "offline";
    if (found !== "offline") unanswered = null;
    if (answer.ok && answer.headers.get("Content-Type")?.startsWith("application/json")) {
      const { version } = await answer.json();
      if (version !== undefined && form.elements.version) form.elements.version.value = version;
    }
    return found;
  };

  // What got no answer goes first, as it was: if it arrived all the same, the words that follow would
  // otherwise look like those of a second window.
  const send = async () => {
    const before = unanswered ? await deliver(unanswered) : "saved";
    return before === "saved" ? deliver(body()) : before;
  };

  async function save() {
    if (stopped || leaving || (!dirty && held === false)) return;
    if (saving) return later(500);
    clearTimeout(timer);
    saving = true;
    dirty = false;
    say("saving");
    let found = "offline";
    try {
      found = await send();
    } catch {
      // no connection
    }
    saving = false;
    say(found);
    if (found === "saved") form.dispatchEvent(new CustomEvent("autosaved"));
    else dirty = true;
    if (found === "conflict") stopped = true;
    if (found === "offline" || found === "away") later(8000);
    if (held !== false) goOn(["saved", "conflict", "refused"].includes(found));
  }

  function goOn(isHeard) {
    const button = held;
    held = false;
    button?.removeAttribute("aria-busy");
    if (!isHeard) return;
    leaving = true;
    form.requestSubmit(button);
  }

  form.addEventListener("input", () => { dirty = true; later(1500); });
  form.addEventListener("change", () => { dirty = true; later(400); });
  form.addEventListener("submit", (event) => {
    if (leaving || (!dirty && !saving)) {
      clearTimeout(timer);
      leaving = stopped = true;
      return;
    }
    // Sent while a save is under way it would carry an old version, and look like a second window's.
    event.preventDefault();
    held = event.submitter;
    held?.setAttribute("aria-busy", "true");
    stopped = false;
    save();
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) stopped = leaving = false; });
  window.addEventListener("beforeunload", (event) => {
    const isKept = leaving || (!dirty && !saving) || (["", "saving", "saved"].includes(state) && isLight());
    if (!isKept) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });
}
