/*
 * A progress bar for forms with files. Load it (block `js`, defer) and put data-upload on the form;
 * components/upload.html brings the bar. Without scripts the form is sent as usual.
 * A redirect is followed; a form that comes back with something to look at replaces <main>.
 * The header X-Upload tells the page behind a redirect to keep its messages (base.html): the browser
 * has to ask for that page a second time to show it.
 */
function enhance(form) {
  form.dataset.submitMany = "";
  form.addEventListener("submit", (event) => {
    const files = [...form.querySelectorAll("input[type=file]")].filter((field) => field.files.length);
    const box = form.querySelector("[data-upload-progress]");
    if (!files.length || !box || form.dataset.sent) {
      if (form.dataset.sent) event.preventDefault();
      return;
    }
    event.preventDefault();
    form.dataset.sent = "1";
    const bar = box.querySelector("progress");
    const status = box.querySelector("[data-upload-status]");
    const free = () => {
      delete form.dataset.sent;
      event.submitter?.removeAttribute("aria-busy");
    };
    event.submitter?.setAttribute("aria-busy", "true");
    box.hidden = false;
    const request = new XMLHttpRequest();
    request.open("POST", form.action || location.href);
    request.setRequestHeader("X-Upload", "1");
    request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
      if (lengthComputable) bar.value = Math.round((100 * loaded) / total);
      if (loaded === total) status.textContent = status.dataset.done;
    });
    request.addEventListener("error", () => {
      free();
      status.textContent = status.dataset.lost;
    });
    request.addEventListener("load", () => {
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const main = page.querySelector("main");
      if (request.responseURL && request.responseURL !== (form.action || location.href)) {
        location.assign(request.responseURL);
      } else if (request.status < 400 && !page.querySelector(".error-summary")) {
        location.assign(request.responseURL || location.href);
      } else if (main) {
        document.querySelector("main").replaceWith(main);
        main.querySelectorAll("form[data-upload]").forEach(enhance);
        main.querySelector(".error-summary")?.focus();
      } else {
        free();
        status.textContent = status.dataset.lost;
      }
    });
    const data = new FormData(form, event.submitter);
    request.send(data);
  });
}

document.querySelectorAll("form[data-upload]").forEach(enhance);
