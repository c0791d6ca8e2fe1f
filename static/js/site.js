/*
 * Small comforts for every page; each page works without them.
 * - proposes the browser's time zone: cookie `tz` (read for visitors without an account) and
 *   any <input|select data-time-zone> that is still empty
 * - loads the module a page asks for by its data attribute
 * - closes the account menu on Escape and on a click elsewhere
 */
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (zone) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `tz=${encodeURIComponent(zone)}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  for (const field of document.querySelectorAll("[data-time-zone]")) {
    if (!field.value || field.value === "UTC") {
      const before = field.value;
      field.value = zone;
      if (!field.value) field.value = before;
    }
  }
}

const menu = document.querySelector("[data-menu]");
if (menu) {
  document.addEventListener("click", (event) => {
    if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

/* A press counts once: a second one waits for the first answer. Coming back by the back button frees it. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.dataset.submitMany !== undefined || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  event.submitter?.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

/* Copy buttons appear only where they work. */
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.querySelector("[data-copy-text]").textContent = button.dataset.copied;
    });
  }
}

/* Confirm dialogs open as popovers without a script; here they become modal. */
for (const button of document.querySelectorAll("[data-dialog-open]")) {
  const dialog = document.getElementById(button.dataset.dialogOpen);
  if (!dialog?.showModal) continue;
  dialog.removeAttribute("popover");
  button.removeAttribute("popovertarget");
  button.addEventListener("click", () => dialog.showModal());
  for (const close of dialog.querySelectorAll("[data-dialog-close]")) {
    close.removeAttribute("popovertarget");
    close.addEventListener("click", () => dialog.close());
  }
  dialog.addEventListener("close", () => button.focus());
}
